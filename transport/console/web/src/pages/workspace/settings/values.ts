import type { Schemas } from "~/api/list";

type Workspace = Schemas["Workspace"];

/** What the form of general settings holds. */
export type Values = {
  name: string;
  technical_name: string;
  description: string;
  contact: string;
  public: boolean;
  number: string;
  constructor_: string;
  type: number | "";
  gross_area: string;
  status: string;
};

/** valuesOf returns what a form shows of a workspace. */
export function valuesOf(w: Workspace): Values {
  return {
    name: w.name,
    technical_name: w.technical_name,
    description: w.description,
    contact: w.contact,
    public: w.public,
    number: w.project.number,
    constructor_: w.project.constructor,
    type: w.project.type ?? "",
    gross_area: w.project.gross_area,
    status: w.project.status,
  };
}

/** patchOf returns what was changed in a form, and nothing else: what others change meanwhile stays. */
export function patchOf(was: Values, is: Values): Schemas["WorkspacePatch"] {
  const patch: Schemas["WorkspacePatch"] = {};
  for (const name of ["name", "technical_name", "description", "contact"] as const) {
    if (is[name].trim() !== was[name]) {
      patch[name] = is[name].trim();
    }
  }
  if (is.public !== was.public) {
    patch.public = is.public;
  }
  // What is made as {} has a constructor already.
  const project: Schemas["ProjectPatch"] = Object.create(null);
  for (const name of ["number", "gross_area", "status"] as const) {
    if (is[name].trim() !== was[name]) {
      project[name] = is[name].trim();
    }
  }
  if (is.constructor_.trim() !== was.constructor_) {
    project.constructor = is.constructor_.trim();
  }
  if (is.type !== was.type) {
    project.type = is.type === "" ? null : is.type;
  }
  if (Object.keys(project).length > 0) {
    patch.project = project;
  }
  return patch;
}
