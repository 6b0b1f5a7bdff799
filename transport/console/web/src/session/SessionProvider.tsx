import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  lazy,
  type PropsWithChildren,
  Suspense,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { api, done, onUnauthenticated } from "~/api/client";
import type { Schemas } from "~/api/list";
import { type Problem, problemOf } from "~/api/problem";
import { languageOf } from "~/text/catalog";
import { useLanguage } from "~/text/LanguageProvider";
import { onTold, tellTabs } from "./tabs";

export type User = Schemas["User"];

/** Why a session is no more: what the server says, or that somebody else is signed in in this browser now. */
export type Ending = NonNullable<Schemas["Problem"]["ended"]> | "replaced";

// Few ever see it.
const SessionEnded = lazy(() => import("./SessionEnded"));

type State =
  | { is: "unknown"; problem?: Problem } // not asked yet, or the server did not answer
  | { is: "guest" }
  | { is: "in"; user: User }
  | { is: "ended"; user: User; why?: Ending; other?: User };

type SessionValue = {
  state: State;
  signIn: (username: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
  /** Leave a session that has ended. */
  leave: () => void;
  /** Ask the server again who is signed in. */
  refresh: () => Promise<void>;
};

const SessionContext = createContext<SessionValue | undefined>(undefined);

/** How often an open page asks whether its session still is, in milliseconds; it also asks when it is looked at again. */
const askEvery = 60_000;

/** SessionProvider knows who is signed in, and says so when a session ends that was not ended here. */
export function SessionProvider({ children }: PropsWithChildren) {
  const [state, setState] = useState<State>({ is: "unknown" });
  const queries = useQueryClient();
  const { choose } = useLanguage();
  const now = useRef(state);
  now.current = state;
  /** Somebody is signing in or out right here: what is refused meanwhile is no news. */
  const busy = useRef(false);

  const end = useCallback((why: Ending | undefined, other?: User) => {
    // The first to ask is told why; who asked at the same time may have been told less.
    setState((was) => {
      if (was.is === "in") {
        return { is: "ended", user: was.user, why, other };
      }
      return was.is === "ended" && (!was.why || other) ? { ...was, why: why ?? was.why, other } : was;
    });
  }, []);

  /** The server says who is signed in: whoever was before, or somebody else by now. */
  const meet = useCallback(
    (user: User) => {
      const { current } = now;
      if ((current.is === "in" || current.is === "ended") && current.user.id !== user.id) {
        end("replaced", user);
        return;
      }
      if (current.is === "ended") {
        void queries.invalidateQueries();
      }
      setState({ is: "in", user });
    },
    [end, queries],
  );

  const ask = useCallback(async () => {
    try {
      meet((await done(api.GET("/session"))).user);
    } catch {
      // the listener below hears it
    }
  }, [meet]);

  const enter = useCallback(
    (user: User) => {
      setState({ is: "in", user });
      if (user.language) {
        choose(languageOf([user.language]));
      }
    },
    [choose],
  );

  const refresh = useCallback(async () => {
    try {
      enter((await done(api.GET("/session"))).user);
    } catch (error) {
      const problem = problemOf(error);
      // Who was signed in and is not any more is told by the listener below.
      setState((was) =>
        problem.status === 401
          ? was.is === "unknown"
            ? { is: "guest" }
            : was
          : was.is === "unknown"
            ? { is: "unknown", problem }
            : was,
      );
    }
  }, [enter]);

  useEffect(() => {
    void refresh();
  }, [refresh]);

  useEffect(
    () =>
      onUnauthenticated((problem, asked) => {
        const { current } = now;
        if (busy.current || problem.code !== "unauthenticated" || (current.is !== "in" && current.is !== "ended")) {
          return;
        }
        const why = problem.body.ended;
        if (why) {
          tellTabs({ is: "ended", user: current.user.id, why });
        }
        if (why || (asked.method === "GET" && asked.url.endsWith("/session"))) {
          end(why);
        } else if (current.is === "in") {
          void ask(); // refused, but perhaps not for want of a session
        }
      }),
    [ask, end],
  );

  useEffect(
    () =>
      onTold((told) => {
        const { current } = now;
        if (told.is === "in") {
          if (current.is === "guest") {
            void refresh();
          } else {
            void ask();
          }
        } else if ((current.is === "in" || current.is === "ended") && current.user.id === told.user) {
          end(told.why as Ending);
        }
      }),
    [ask, end, refresh],
  );

  // Dialogs close by Escape wherever it is pressed. One that lies below what says that the session has ended is not to
  // lose what was written in it. This listens before any of them, since it is here before they are.
  useEffect(() => {
    const keep = (event: KeyboardEvent) => {
      if (event.key === "Escape" && now.current.is === "ended") {
        event.stopImmediatePropagation();
      }
    };
    window.addEventListener("keydown", keep, { capture: true });
    return () => window.removeEventListener("keydown", keep, { capture: true });
  }, []);

  const watching = state.is === "in" || state.is === "ended";
  useEffect(() => {
    if (!watching) {
      return;
    }
    const look = () => {
      if (document.visibilityState === "visible") {
        void ask();
      }
    };
    const timer = setInterval(look, askEvery);
    document.addEventListener("visibilitychange", look);
    window.addEventListener("focus", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("focus", look);
    };
  }, [watching, ask]);

  const signIn = useCallback(
    async (username: string, password: string) => {
      busy.current = true;
      try {
        const before = now.current;
        const { user } = await done(api.POST("/session", { body: { username, password } }));
        if (before.is === "ended" && before.user.id === user.id) {
          // What he sees, and has begun to write, stays.
          void queries.invalidateQueries();
        } else {
          queries.clear();
        }
        enter(user);
        tellTabs({ is: "in", user: user.id });
      } finally {
        busy.current = false;
      }
    },
    [queries, enter],
  );

  const leave = useCallback(() => {
    queries.clear();
    setState({ is: "guest" });
  }, [queries]);

  const signOut = useCallback(async () => {
    busy.current = true;
    const { current } = now;
    try {
      await api.DELETE("/session");
      if (current.is === "in") {
        tellTabs({ is: "ended", user: current.user.id, why: "signed_out" });
      }
    } finally {
      leave();
      busy.current = false;
    }
  }, [leave]);

  const value = useMemo(() => ({ state, signIn, signOut, leave, refresh }), [state, signIn, signOut, leave, refresh]);
  return (
    <SessionContext.Provider value={value}>
      {children}
      {state.is === "ended" && (
        <Suspense>
          <SessionEnded user={state.user} why={state.why} other={state.other} />
        </Suspense>
      )}
    </SessionContext.Provider>
  );
}

/** useSession returns who is signed in, and what changes that. */
export function useSession(): SessionValue {
  const value = useContext(SessionContext);
  if (!value) {
    throw new Error("useSession outside of SessionProvider");
  }
  return value;
}

/** useUser returns who is signed in; it is for pages that only such people see. */
export function useUser(): User {
  const { state } = useSession();
  if (state.is !== "in" && state.is !== "ended") {
    throw new Error("useUser without a user");
  }
  return state.user;
}
