// Package apiv1 is the native API: the whole domain over HTTP, in its own words.
//
// The document openapi.yaml is the truth. It was written first; openapi.json,
// which is served, and the client in the folder client are made of it by "make
// generate", and the tests hold every request and answer to it. [Handler] gives
// the lens, [Routes] says beside each route what the services are expected to
// decide about it, for tests to compare with.
//
// The lens translates words and decides nothing. What all operations have in
// common is here once: pages, ETags with If-Match, keys that make repeating a
// POST harmless, changes that are tried and not kept, and problems.
//
// How browsers sign in and what keys look like is not decided here: the caller
// is whom the middleware of transport recognised.
package apiv1
