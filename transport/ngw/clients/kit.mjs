// @nextgis/ngw-kit 1.19.6, what maps are made of, over its connector.
import Connector from "@nextgis/ngw-connector";
import kit from "@nextgis/ngw-kit";

import { attempt, task, tell } from "./tour.mjs";

const { url, login, password, layer: resourceId, other, hidden, feature: featureId } = task();
const connector = new Connector({ baseUrl: url, auth: { login, password } });
const of = { connector, resourceId };
const names = (items) => items.map((item) => item.fields.name);

const saw = {
  count: await kit.fetchNgwLayerCount(of),
  extent: await kit.fetchNgwLayerExtent(of),
  resourceExtent: await kit.fetchNgwExtent(of),
  itemExtent: await kit.fetchNgwLayerItemExtent({ ...of, featureId }),
  collection: await kit.fetchNgwLayerFeatureCollection(of),
  item: await kit.fetchNgwLayerItem({ ...of, featureId, extensions: ["description", "attachment"] }),
  feature: await kit.fetchNgwLayerFeature({ ...of, featureId }),
  all: names(await kit.fetchNgwLayerItems({ ...of, filters: ["all", ["height", "ge", 2], ["name", "ilike", "%a%"]] })),
  any: names(await kit.fetchNgwLayerItems({ ...of, filters: ["any", ["height", "eq", 1], ["name", "eq", "cedar"]] })),
  ids: names(await kit.fetchNgwLayerItems({ ...of, filters: [["id", "in", [featureId].join(",")]] })),
  ordered: names(await kit.fetchNgwLayerItems({ ...of, orderBy: ["-height"], limit: 2, offset: 1 })),
  search: names(await kit.fetchNgwLayerItems({ ...of, ilike: "DAR" })),
  some: await kit.fetchNgwLayerItems({ ...of, fields: ["height"], geom: false, limit: 1 }),
  within: names(await kit.fetchNgwLayerItems({ ...of, intersects: [9.5, 49.5, 11.5, 51.5] })),
  distinct: await kit.selectNgwLayerDistinct({ ...of, fields: ["name"] }),
  titles: await kit.mapFeatureDisplayName({ connector, resourceId, fields: ["name", "height"] }),
};

const identify = await kit.featureLayerIdentify({
  connector, layers: [resourceId, other, hidden], geom: [[9.9, 49.9], [10.1, 49.9], [10.1, 50.1], [9.9, 50.1], [9.9, 49.9]],
});
saw.identify = identify;
saw.identified = await kit.fetchIdentifyGeoJson({ connector, identify });

const attached = await kit.uploadFeatureAttachment({ ...of, featureId, file: { file: Buffer.from("leaf"), name: "leaf.txt" } });
saw.attached = attached;
saw.withAttachment = (await kit.fetchNgwLayerItem({ ...of, featureId, extensions: ["attachment"], cache: false })).extensions;
saw.detached = await attempt(() => kit.deleteFeatureAttachment({ ...of, featureId, attachmentId: attached.id }));

saw.hidden = await attempt(() => kit.fetchNgwLayerItems({ connector, resourceId: hidden }));
saw.missing = await attempt(() => kit.fetchNgwLayerItems({ connector, resourceId: 999999 }));
saw.unknownField = await attempt(() => kit.fetchNgwLayerItems({ ...of, filters: [["nothing", "eq", 1]] }));
tell(saw);
