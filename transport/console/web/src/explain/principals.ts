import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTranslations } from "use-intl";
import { list, longestPage, type Schemas } from "~/api/list";
import { useUser } from "~/session/SessionProvider";
import { listedName } from "~/text/person";

/** A Principal is somebody whom rules speak of. */
export type Principal = {
  num: number;
  kind: "user" | "group" | "key" | "special";
  name: string;
  email?: string;
  unknown?: true;
};

type Told = Schemas["Principal"];

/** Those that only rules name, by their numbers, which are the same everywhere. */
const special = { 1: "guest", 2: "everyone", 3: "authenticated", 5: "administrators", 6: "owner" } as const;

/** useSpecial returns what names those that only rules name; undefined for others. */
export function useSpecial(): (num: number) => Principal | undefined {
  const t = useTranslations("explain");
  return useCallback(
    (num) => {
      const key = special[num as keyof typeof special];
      return key && { num, kind: "special", name: t(`special.${key}`) };
    },
    [t],
  );
}

/** useOwn returns who the reader is himself, whom the server does not always name to him; undefined for others. */
function useOwn(): (num: number) => Principal | undefined {
  const user = useUser();
  return useCallback(
    (num) => (num === user.num ? { num, kind: "user", name: listedName(user), email: user.email } : undefined),
    [user],
  );
}

/** useNamed returns what makes a principal of what the server says; one whose name it does not tell has its number. */
export function useNamed(): (p: Schemas["Principal"]) => Principal {
  const t = useTranslations("explain");
  const specially = useSpecial();
  const self = useOwn();
  return useCallback(
    ({ num, kind, name, email }) => {
      const known = specially(num) ?? (name === undefined ? self(num) : undefined);
      if (known) {
        return known;
      }
      return kind === "special" && name === "members"
        ? { num, kind, name: t("special.members") }
        : { num, kind, name: name ?? t("number", { num }), email, ...(name === undefined && { unknown: true }) };
    },
    [specially, self, t],
  );
}

/** Numbers that are asked for within a moment, by many rows at once, are asked in one question. */
const waiting = new Map<string, Map<number, Promise<Told | null>>>();

function ask(workspace: string, num: number): Promise<Told | null> {
  let asked = waiting.get(workspace);
  if (!asked) {
    asked = new Map();
    waiting.set(workspace, asked);
  }
  const batch = asked;
  let answer = batch.get(num);
  if (!answer) {
    answer = soon(workspace, batch).then((found) => found.get(num) ?? null);
    batch.set(num, answer);
  }
  return answer;
}

const batches = new WeakMap<object, Promise<Map<number, Told>>>();

function soon(workspace: string, batch: Map<number, unknown>): Promise<Map<number, Told>> {
  let answer = batches.get(batch);
  if (!answer) {
    answer = (async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      waiting.delete(workspace);
      const found = new Map<number, Told>();
      const nums = [...batch.keys()];
      for (let i = 0; i < nums.length; i += longestPage) {
        for (const p of await byNumber(workspace, nums.slice(i, i + longestPage))) {
          found.set(p.num, p);
        }
      }
      return found;
    })();
    batches.set(batch, answer);
  }
  return answer;
}

async function byNumber(workspace: string, nums: readonly number[]): Promise<Told[]> {
  const query = { num: nums.join(","), limit: longestPage };
  return (await list("/workspaces/{workspace}/principals", { workspace }, query)).items;
}

/**
 * usePrincipals returns who numbers are, in one workspace, as far as the reader may see it; others are named by their
 * number.
 */
export function usePrincipals(workspace: string, nums: readonly (number | undefined)[]): (num: number) => Principal {
  const t = useTranslations("explain");
  const specially = useSpecial();
  const named = useNamed();
  const self = useOwn();
  const asked = [...new Set(nums)].filter((n): n is number => n !== undefined && n > 0 && !(n in special));
  const known = useQueries({
    queries: asked.map((num) => ({
      queryKey: ["principal", "/workspaces/{workspace}/principals", workspace, num],
      queryFn: () => ask(workspace, num),
      enabled: workspace !== "",
      staleTime: 60_000,
      retry: false,
    })),
    combine: collect,
  });
  return useCallback(
    (num) => {
      const told = known.get(num);
      const name = num === 0 ? t("special.nobody") : t("number", { num });
      return specially(num) ?? (told ? named(told) : (self(num) ?? { num, kind: "user", name, unknown: true }));
    },
    [specially, named, self, known, t],
  );
}

function collect(answers: { data?: Told | null }[]): Map<number, Told> {
  return new Map(answers.flatMap(({ data }) => (data ? [[data.num, data]] : [])));
}

/** usePrincipalSearch looks for people, groups and keys of a workspace by a text. */
export function usePrincipalSearch(workspace: string, q: string): Principal[] {
  const named = useNamed();
  const query = { q, kind: "user,group,key", sort: "name", limit: 20 };
  const { data } = useQuery({
    queryKey: ["list", "/workspaces/{workspace}/principals", { workspace }, query],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => list("/workspaces/{workspace}/principals", { workspace }, query, signal),
  });
  return data?.items.map(named) ?? [];
}

/** useSpecials returns those whom only rules name, all members of the workspace among them. */
export function useSpecials(workspace: string, enabled: boolean): Principal[] {
  const named = useNamed();
  const query = { kind: "special", limit: 20 };
  const { data } = useQuery({
    queryKey: ["list", "/workspaces/{workspace}/principals", { workspace }, query],
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => list("/workspaces/{workspace}/principals", { workspace }, query, signal),
  });
  return data?.items.map(named) ?? [];
}
