import type { Schemas } from "~/api/list";

type Named = Pick<Schemas["User"], "username" | "first_name" | "last_name">;

/** fullName is what somebody is called: his names, the username where he has none. */
export function fullName({ username, first_name, last_name }: Named): string {
  return `${first_name} ${last_name}`.trim() || username;
}
