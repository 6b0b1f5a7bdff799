// Package entrepot speaks the administrative half of Géoplateforme's "API
// Entrepôt" (spec/entrepot.md): users and their keys, communities, datastores,
// permissions, organizations, and the platform's administration.
//
// [Handler] gives the lens. A community is a workspace of the domain, a
// datastore its share of the platform's facilities, the four global resources
// are pools, and the five rights are roles. The lens translates words and
// decides nothing: who may do what is decided by the services, and [Routes]
// says beside each route what they are expected to decide, for tests to compare
// with.
//
// What moves data is not here: uploads, stored data, configurations, annexes,
// statics, metadata, documents and executions, with the lists of them that
// organizations and administrators have, and nomenclatures. Offerings are
// registered by whoever serves them and are listed here for organizations.
//
// Choices where the specification leaves one: lists have 50 entries a page
// unless asked for 1 to 1000; creations answer 201 with the object, changes 200
// with the object, and putting a member, opening accesses and deletions 204
// with nothing; a community's organization is set by "organization" when an
// administrator creates or changes it.
package entrepot
