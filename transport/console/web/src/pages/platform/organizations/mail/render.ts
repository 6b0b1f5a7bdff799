/**
 * What templates of mails may have in them is little (the server refuses all else): values, conditions, comparisons and
 * times. This renders it as the server does, so that who writes sees what he writes; the server is asked before anything
 * is kept.
 */

type Values = Record<string, string>;
type Value = string | boolean;
/** Into makes a value a part of what it is put into. */
type Into = (text: string) => string;
type Node = { text: string } | { show: string } | { branches: { when?: string; nodes: Node[] }[] };

/** BadTemplate is a template that cannot be shown; the server says better what is wrong with it. */
export class BadTemplate extends Error {}

/** render fills in a template. */
export function render(template: string, values: Values, into: Into = (text) => text): string {
  const { nodes, stop } = parse(pieces(template), 0);
  if (stop !== undefined) {
    throw new BadTemplate("end without if");
  }
  return write(nodes, values, into);
}

/** escapeHTML makes a text a part of HTML. */
export function escapeHTML(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

type Piece = { text: string } | { action: string };

/** pieces cuts a template into texts and actions; a minus in an action takes the white space beside it. */
function pieces(template: string): Piece[] {
  const found: Piece[] = [];
  let rest = template;
  for (;;) {
    const begin = rest.indexOf("{{");
    if (begin < 0) {
      found.push({ text: rest });
      return found;
    }
    const end = rest.indexOf("}}", begin);
    if (end < 0) {
      throw new BadTemplate("unclosed");
    }
    let text = rest.slice(0, begin);
    let action = rest.slice(begin + 2, end);
    rest = rest.slice(end + 2);
    if (/^-\s/.test(action)) {
      text = text.trimEnd();
      action = action.slice(1);
    }
    if (/\s-$/.test(action)) {
      rest = rest.trimStart();
      action = action.slice(0, -1);
    }
    found.push({ text });
    if (!/^\s*\/\*.*\*\/\s*$/s.test(action)) {
      found.push({ action: action.trim() });
    }
  }
}

/** parse reads nodes up to what ends them, and says what that was and where. */
function parse(list: Piece[], from: number): { nodes: Node[]; at: number; stop?: string } {
  const nodes: Node[] = [];
  let at = from;
  while (at < list.length) {
    const piece = list[at];
    at++;
    if (!piece) {
      break;
    }
    if ("text" in piece) {
      nodes.push(piece);
    } else if (/^if\s/.test(piece.action)) {
      const read = parseIf(list, at, piece.action.slice(2));
      nodes.push(read.node);
      at = read.at;
    } else if (/^(else|end)\b/.test(piece.action)) {
      return { nodes, at, stop: piece.action };
    } else {
      nodes.push({ show: piece.action });
    }
  }
  return { nodes, at };
}

function parseIf(list: Piece[], from: number, condition: string): { node: Node; at: number } {
  const branches: { when?: string; nodes: Node[] }[] = [];
  let when: string | undefined = condition;
  let at = from;
  for (;;) {
    const { nodes, at: next, stop } = parse(list, at);
    branches.push({ when, nodes });
    at = next;
    if (stop === "end") {
      return { node: { branches }, at };
    }
    if (stop === undefined || when === undefined) {
      throw new BadTemplate("if without end");
    }
    when = /^else\s+if\s/.test(stop) ? stop.replace(/^else\s+if/, "") : undefined;
  }
}

function write(nodes: readonly Node[], values: Values, into: Into): string {
  return nodes
    .map((node) => {
      if ("text" in node) {
        return node.text;
      }
      if ("show" in node) {
        return into(String(evaluate(node.show, values)));
      }
      const branch = node.branches.find((b) => b.when === undefined || Boolean(evaluate(b.when, values)));
      return branch ? write(branch.nodes, values, into) : "";
    })
    .join("");
}

/** evaluate works out an expression: a value, a text, or a function of such. */
function evaluate(expression: string, values: Values): Value {
  const tokens = expression.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const one = (): Value => {
    const token = tokens[at++];
    if (token === undefined) {
      throw new BadTemplate("incomplete");
    }
    if (token === "(") {
      const inner = call();
      if (tokens[at++] !== ")") {
        throw new BadTemplate("unclosed");
      }
      return inner;
    }
    if (token.startsWith('"')) {
      return JSON.parse(token) as string;
    }
    if (token.startsWith("`")) {
      return token.slice(1, -1);
    }
    if (token.startsWith(".")) {
      const value = values[token.slice(1)];
      if (value === undefined) {
        throw new BadTemplate(token);
      }
      return value;
    }
    if (token === "true" || token === "false") {
      return token === "true";
    }
    throw new BadTemplate(token);
  };
  const call = (): Value => {
    const name = tokens[at] ?? "";
    if (!(name in functions)) {
      return one();
    }
    at++;
    const args: Value[] = [];
    while (at < tokens.length && tokens[at] !== ")") {
      args.push(one());
    }
    return (functions[name] as Fn)(args);
  };
  const value = call();
  if (at < tokens.length) {
    throw new BadTemplate(tokens[at] ?? "");
  }
  return value;
}

type Fn = (args: Value[]) => Value;

const functions: Record<string, Fn> = {
  date: ([text]) => date(String(text ?? "")),
  not: ([value]) => !value,
  and: (args) => args.find((a) => !a) ?? args.at(-1) ?? "",
  or: (args) => args.find((a) => a) ?? args.at(-1) ?? "",
  eq: ([first, ...others]) => others.includes(first ?? ""),
  ne: ([first, second]) => first !== second,
};

/** date writes a time as mails have it. */
function date(text: string): string {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? text : `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
