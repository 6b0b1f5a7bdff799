// What every version of the connector does, and what it saw. The one to come
// keeps answers for half a second where it is not told otherwise. Whatever goes wrong
// is part of that: a promise that should have been rejected and was not is as
// much a finding as the other way round.

// attempt tells what a call came to: {value} or {error}.
export async function attempt(call) {
  try {
    const value = await call();
    return { value: value === undefined ? "undefined" : value };
  } catch (error) {
    if (typeof error === "string") {
      return { error };
    }
    return { error: String(error?.message ?? error), exception: error?.exception ?? error?.data?.exception };
  }
}

// The connector of today rejects a second promise that it gives to nobody, behind
// the one that its caller has.
process.on("unhandledRejection", () => {});

// task reads what is to be done, which the test passes as JSON.
export function task() {
  return JSON.parse(process.argv[2]);
}

// tell prints what was seen as JSON, for the test to judge.
export function tell(saw) {
  process.stdout.write(JSON.stringify(saw) + "\n", () => process.exit(0));
}

// tour goes once through everything that an application does.
export async function tour(Connector, { url, login, password, viewer, group, hidden }) {
  const saw = {};
  const connector = (auth) => new Connector({ baseUrl: url, auth });

  const guest = connector(undefined);
  saw.routes = Object.keys(await guest.connect());
  saw.version = await guest.get("pyramid.pkg_version");
  saw.guest = await attempt(() => guest.get("auth.current_user"));
  saw.guestReads = await attempt(() => guest.get("resource.item", null, { id: group }));
  saw.guestCreates = await attempt(() =>
    guest.post("resource.collection", { data: { resource: { cls: "resource_group", parent: { id: group }, display_name: "No" } } }));
  guest.logout();

  saw.wrong = await attempt(() => connector({ login, password: "wrong" }).connect());

  const c = connector({ login, password });
  saw.user = await attempt(() => c.get("auth.current_user"));
  saw.root = (await c.getResource(0)).resource;
  const names = (list) => list.map((item) => item.resource.display_name).sort();
  saw.children = names(await c.getResourceChildren(0));

  // A layer of its own, with a keyname to be found by.
  const made = await c.post("resource.collection", {
    data: {
      resource: { cls: "vector_layer", parent: { id: group }, display_name: "Toured", keyname: "toured" },
      resmeta: { items: { source: "tour", year: 2026 } },
      vector_layer: {
        srs: { id: 3857 },
        geometry_type: "POINT",
        fields: [
          { keyname: "name", datatype: "STRING", display_name: "Name" },
          { keyname: "height", datatype: "INTEGER", display_name: "Height" },
        ],
      },
    },
  });
  saw.made = made;
  const id = made.id;
  saw.twice = await attempt(() =>
    c.post("resource.collection", { data: { resource: { cls: "resource_group", parent: { id: group }, display_name: "Toured" } } }));
  saw.renamed = await attempt(() => c.updateResource(id, { resource: { display_name: "Renamed" } }));
  saw.item = await c.get("resource.item", null, { id });
  saw.byKeyname = (await c.getResource("toured"))?.resource?.display_name;
  saw.unknownKeyname = await attempt(() => c.getResource("nothing-is-called-so"));
  saw.recursive = names(await c.getResourceChildren(0, { recursive: true }));
  saw.permission = await c.get("resource.permission", null, { id });

  // Features.
  const at = "feature_layer.feature.";
  const put = (name, height) => ({ geom: `POINT (${height} ${height})`, fields: { name, height } });
  saw.created = await c.post(at + "collection", { data: put("alder", 1) }, { id });
  saw.patched = await c.patch(at + "collection", { data: [put("birch", 2), put("cedar", 3), put("dogwood", 4)] }, { id });
  const fid = saw.created.id;
  const heights = async (params) => (await c.get(at + "collection", { cache: false }, { id, ...params })).map((f) => f.fields.height);
  saw.filters = {
    eq: await heights({ fld_name: "birch" }),
    ge: await heights({ fld_height__ge: 3 }),
    ilike: await heights({ fld_name__ilike: "%D%" }),
    in: await heights({ fld_height__in: "1,4" }),
    ordered: await heights({ order_by: "-height", limit: 2, offset: 1 }),
    box: await heights({ intersects: "POLYGON((0 0,2 0,2 2,0 2,0 0))" }),
    like: await heights({ like: "ced" }),
  };
  saw.unknownField = await attempt(() => heights({ fld_nothing: "x" }));
  saw.count = await c.get(at + "count", null, { id });
  saw.changed = await c.put(at + "item", { data: { fields: { name: "elder" } } }, { id, fid });
  saw.feature = await c.get(at + "item", null, { id, fid, geom_format: "geojson", srs: 4326 });
  saw.deletedFeature = await c.delete(at + "item", null, { id, fid: saw.patched[2].id });
  saw.goneFeature = await attempt(() => c.get(at + "item", { cache: false }, { id, fid: saw.patched[2].id }));
  saw.patchDeleted = await c.patch(at + "collection", { data: [{ id: saw.patched[1].id, delete: true }, { id: fid, fields: { height: 9 } }] }, { id });
  saw.left = await heights({});
  saw.badFeature = await attempt(() => c.post(at + "collection", { data: { fields: { height: "tall" } } }, { id }));
  saw.extent = await c.get("layer.extent", null, { id });

  // Attachments.
  const file = { file: Buffer.from("bark\n"), name: "bark.txt" };
  const upload = await c.post("file_upload.upload", { file });
  saw.upload = upload;
  const meta = upload.upload_meta[0];
  saw.attached = await c.post("feature_attachment.collection",
    { data: { name: "bark.txt", mime_type: meta.mime_type, size: meta.size, file_upload: meta } }, { id, fid });
  const aid = saw.attached.id;
  saw.attachments = await c.get("feature_attachment.collection", null, { id, fid });
  saw.downloaded = await c.get("feature_attachment.download", { responseType: "blob" }, { id, fid, aid });
  saw.described = await c.put("feature_attachment.item", { data: { description: "Of the elder" } }, { id, fid, aid });
  saw.attachment = await c.get("feature_attachment.item", { cache: false }, { id, fid, aid });
  saw.noImage = await attempt(() => c.get("feature_attachment.image", null, { id, fid, aid, size: "64x64" }));
  saw.detached = await attempt(() => c.delete("feature_attachment.item", null, { id, fid, aid }));
  saw.goneAttachment = await attempt(() => c.get("feature_attachment.item", { cache: false }, { id, fid, aid }));
  saw.unknownUpload = await attempt(() =>
    c.post("feature_attachment.collection", { data: { file_upload: { id: "0123456789abcdef0123456789abcdef" } } }, { id, fid }));

  // What is hidden, what is missing.
  saw.hidden = await attempt(() => c.get("resource.item", null, { id: hidden }));
  saw.hiddenFeatures = await attempt(() => c.get(at + "collection", null, { id: hidden }));
  saw.missing = await attempt(() => c.get("resource.item", null, { id: 999999 }));
  saw.missingFeatures = await attempt(() => c.get(at + "collection", null, { id: 999999 }));
  saw.noLayer = await attempt(() => c.get(at + "collection", null, { id: group }));

  // Somebody who may only look.
  const v = connector(viewer);
  saw.viewer = (await v.get("auth.current_user")).keyname;
  saw.viewed = (await v.get(at + "collection", null, { id })).map((f) => f.fields.height);
  saw.refused = {
    rename: await attempt(() => v.updateResource(id, { resource: { display_name: "Mine" } })),
    create: await attempt(() => v.post(at + "collection", { data: put("fir", 5) }, { id })),
    patch: await attempt(() => v.patch(at + "collection", { data: [put("fir", 5)] }, { id })),
    change: await attempt(() => v.put(at + "item", { data: { fields: { height: 0 } } }, { id, fid })),
    remove: await attempt(() => v.delete(at + "item", null, { id, fid })),
    clear: await attempt(() => v.delete(at + "collection", null, { id })),
    attach: await attempt(() => v.post("feature_attachment.collection", { data: { file_upload: { id: meta.id } } }, { id, fid })),
    remove_layer: await attempt(() => v.delete("resource.item", null, { id })),
  };
  saw.stillThere = await heights({});

  // A rule that denies, and none.
  const user = (await v.get("auth.current_user")).id;
  const rule = { action: "deny", principal: { id: user }, identity: "", scope: "data", permission: "read", propagate: true };
  const permissions = (list) => c.updateResource(id, { resource: { permissions: list } });
  const looks = () => attempt(async () => (await v.get(at + "collection", { cache: false }, { id })).length);
  saw.ruled = await attempt(() => permissions([rule]));
  saw.rules = (await c.get("resource.item", { cache: false }, { id })).resource.permissions.map((r) => [r.action, r.scope, r.permission, r.principal.id === user]);
  saw.viewerMay = (await c.get("resource.permission", { cache: false }, { id, user })).data;
  saw.denied = await looks();
  saw.lockedOut = await attempt(() => permissions([{ ...rule, scope: "nonsense" }]));
  saw.unruled = await attempt(() => permissions([]));
  saw.allowed = await looks();

  saw.deleted = await attempt(() => c.deleteResource(id));
  saw.gone = await attempt(() => c.get("resource.item", { cache: false }, { id }));
  return saw;
}
