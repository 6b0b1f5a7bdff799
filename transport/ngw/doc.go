// Package ngw speaks the REST API of NextGIS Web (spec/ngw.md): its resources
// with permissions, features, attachments and uploads, its users and groups, and
// what its clients ask a server before they do anything else. GDAL's driver, the
// QGIS plugin and the npm connector are pointed at it as at one of their own.
//
// [Handler] gives the lens. Mounted as it is, it shows the platform: resource 0
// is the root, and each workspace that the caller sees a resource group below.
// With [Options.Root], or under /w/{technical_name}/, it shows one workspace as
// the resource 0 of a NextGIS Web of its own. Users and groups are the
// platform's, the group of administrators is that of the platform.
//
// The lens translates words and decides nothing. Where the seed of the
// specification and today's NextGIS Web differ, both are accepted, and docs/ngw.md
// says what is answered.
package ngw
