type Named = { first_name: string; last_name: string; username: string };

/** fullName is what somebody is called: his names, the username where he has none. */
export function fullName({ username, first_name, last_name }: Named): string {
  return `${first_name} ${last_name}`.trim() || username;
}

/** listedName is what lists have somebody under: the last name first, which is what they are in order of. */
export function listedName({ username, first_name, last_name }: Named): string {
  return `${last_name} ${first_name}`.trim() || username;
}
