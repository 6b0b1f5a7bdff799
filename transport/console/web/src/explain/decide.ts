import type { Schemas } from "~/api/list";

export type Explanation = Schemas["Explanation"];
export type Step = Schemas["Step"];
export type Rule = Schemas["Rule"];
export type Change = Schemas["Change"];

/** What a rule on the way comes to: it decided, it spoke in vain, or something that is not a rule decided. */
export type Weight = "decides" | "outdone";

/** weigh returns what a rule that speaks of a question comes to in its answer. */
export function weigh(e: Explanation, rule: Rule): Weight {
  switch (e.cause) {
    case "rule":
      return rule.effect === "allow" ? "decides" : "outdone";
    case "deny":
      return rule.effect === "deny" ? "decides" : "outdone";
    default:
      // Supervision asks no rule; a seal, a requirement, a disabling stands against those that allow.
      return "outdone";
  }
}

/** deciding reports whether a step is where the answer was decided. */
export function deciding(e: Explanation, step: Step): boolean {
  switch (e.cause) {
    case "supervision":
      return step.sovereign;
    case "seal":
      return step.node === e.sealed;
    case "rule":
    case "deny":
      return step.rules.some((r) => weigh(e, r) === "decides");
    default:
      return false;
  }
}

/** ruleOf returns a rule that an explanation, or one that it rests on, tells of. */
export function ruleOf(e: Explanation | undefined, id: string | undefined): Rule | undefined {
  if (!e || !id) {
    return undefined;
  }
  return e.path.flatMap((s) => s.rules).find((r) => r.id === id) ?? ruleOf(e.why, id) ?? ruleOf(e.behalf, id);
}

/** What rules are kept for: they go with that, and cannot go alone. */
const keepers = [
  "member",
  "audience",
  "suspension",
  "barred",
  "permission",
  "access",
  "key",
  "organization",
  "open",
] as const;
export type Keeper = (typeof keepers)[number] | "other";

/** keeperOf returns what a rule is kept for; undefined for one that somebody made, who can take it away again. */
export function keeperOf(rule: { origin?: string }): Keeper | undefined {
  const kind = rule.origin?.split("/", 1)[0] || "manual";
  return kind === "manual" ? undefined : (keepers.find((k) => k === kind) ?? "other");
}
