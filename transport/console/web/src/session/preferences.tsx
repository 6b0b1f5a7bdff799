import { createContext, type PropsWithChildren, useCallback, useContext, useMemo, useRef, useState } from "react";
import { $api, api } from "~/api/client";
import { problemOf } from "~/api/problem";

type Values = Record<string, unknown>;
type Keep = {
  values: Values;
  keep: (name: string, value: unknown) => void;
  forget: (prefix: string) => Promise<void>;
};

const PreferencesContext = createContext<Keep>({
  values: {},
  keep: () => undefined,
  forget: () => Promise.resolve(),
});

/** How long a choice may be changed again before it is sent, in milliseconds. */
const settle = 400;

/** PreferencesProvider reads, for who is signed in, what he chose before, on whatever machine. */
export function PreferencesProvider({ children }: PropsWithChildren) {
  const { data, isPending } = $api.useQuery(
    "get",
    "/me/preferences",
    {},
    { staleTime: Number.POSITIVE_INFINITY, retry: 1 },
  );
  const [changed, setChanged] = useState<Values>({});
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const stored = data?.preferences as Values | undefined;

  const keep = useCallback((name: string, value: unknown) => {
    setChanged((was) => ({ ...was, [name]: value }));
    clearTimeout(timers.current.get(name));
    timers.current.set(
      name,
      setTimeout(() => {
        // What cannot be kept now counts for this page alone.
        api
          .PUT("/me/preferences/{preference}", { params: { path: { preference: name } }, body: { value } })
          .catch(() => undefined);
      }, settle),
    );
  }, []);

  const values = useMemo<Values>(() => ({ ...stored, ...changed }), [stored, changed]);
  const forget = useCallback(
    async (prefix: string) => {
      const names = Object.keys(values).filter((name) => name.startsWith(prefix) && values[name] !== undefined);
      for (const name of names) {
        clearTimeout(timers.current.get(name));
        try {
          await api.DELETE("/me/preferences/{preference}", { params: { path: { preference: name } } });
        } catch (error) {
          if (problemOf(error).status !== 404) {
            throw error;
          }
        }
        setChanged((was) => ({ ...was, [name]: undefined }));
      }
    },
    [values],
  );

  const value = useMemo(() => ({ values, keep, forget }), [values, keep, forget]);
  if (isPending) {
    return null; // a table that then changes its columns would jump
  }
  return <PreferencesContext.Provider value={value}>{children}</PreferencesContext.Provider>;
}

/** usePreference returns what somebody chose under a name, or what he is given otherwise, and what chooses anew. */
export function usePreference<T>(name: string, otherwise: T): [T, (value: T) => void] {
  const { values, keep } = useContext(PreferencesContext);
  const value = (values[name] as T | undefined) ?? otherwise;
  return [value, useCallback((next: T) => keep(name, next), [keep, name])];
}

/** useForget returns what has all choices forgotten whose names begin with something, on every machine. */
export function useForget(): (prefix: string) => Promise<void> {
  return useContext(PreferencesContext).forget;
}
