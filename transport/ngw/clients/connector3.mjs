// The connector that is to come, @nextgis/ngw-connector 3.0.0-alpha.19: all that
// the other one does, and its own way of calling, route(name).get().
import Connector from "ngw-connector-3";

import { attempt, task, tell, tour } from "./tour.mjs";

const it = task();
const saw = await tour(Connector, it);

const c = new Connector({ baseUrl: it.url, auth: { login: it.login, password: it.password } });
await c.connect();
const collection = (id) => c.route("feature_layer.feature.collection", { id });
saw.route = {
  item: (await c.route("resource.item", { id: it.group }).get()).resource.id,
  children: (await c.route("resource.collection").get({ query: { parent: it.group }, cache: false })).map((r) => r.resource.display_name).sort(),
  features: (await collection(it.layer).get({ query: { fld_name: "ash & beech", order_by: ["-height"], geom: false, extensions: [] } })),
  created: await collection(it.layer).post({ json: { geom: "POINT (1 1)", fields: { name: "new" } } }),
  patched: await collection(it.layer).patch({ json: [{ fields: { name: "newer" } }] }),
  missing: await attempt(() => c.route("resource.item", { id: 999999 }).get()),
  hidden: await attempt(() => c.route("resource.item", { id: it.hidden }).get()),
  invalid: await attempt(() => collection(it.layer).get({ query: { order_by: "nothing" } })),
};
tell(saw);
