package entrepot

import (
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

func (l *lens) keys(c *call) (reply, error) {
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	f := apikey.Filter{Offset: p.offset, Limit: p.limit}
	var sort string
	err = c.texts(map[string]*string{
		"type": &sort, "name": &f.Name, "user_agent": &f.UserAgent, "referer": &f.Referer,
		"whitelist": &f.Whitelist, "blacklist": &f.Blacklist,
	})
	if err != nil {
		return reply{}, err
	}
	f.Type = apikey.Type(sort)
	found, total, err := l.Keys.Keys(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]keyRow, 0, len(found))
	for _, k := range found {
		list = append(list, keyRowOf(k))
	}
	return listed(p, list, total)
}

func (l *lens) createKey(c *call) (reply, error) {
	var body newKey
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	k, credential, err := body.key()
	if err != nil {
		return reply{}, err
	}
	made, err := l.Keys.Create(c.Context(), c.actor, k, credential)
	if err != nil {
		return reply{}, err
	}
	return created(keyOf(made)), nil
}

func (l *lens) key(c *call) (reply, error) {
	id, err := c.id("key")
	if err != nil {
		return reply{}, err
	}
	found, err := l.Keys.Key(c.Context(), c.actor, apikey.ID(id))
	if err != nil {
		return reply{}, err
	}
	return ok(keyOf(found)), nil
}

func (l *lens) updateKey(c *call) (reply, error) {
	id, err := c.id("key")
	if err != nil {
		return reply{}, err
	}
	var patch keyPatch
	if err := c.readSome(&patch); err != nil {
		return reply{}, err
	}
	changed, err := l.Keys.Update(c.Context(), c.actor, apikey.ID(id), patch.apply)
	if err != nil {
		return reply{}, err
	}
	return ok(keyOf(changed)), nil
}

func (l *lens) deleteKey(c *call) (reply, error) {
	id, err := c.id("key")
	if err != nil {
		return reply{}, err
	}
	return done(), l.Keys.Delete(c.Context(), c.actor, apikey.ID(id))
}

func (l *lens) accesses(c *call) (reply, error) {
	id, err := c.id("key")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	found, total, err := l.Keys.Accesses(c.Context(), c.actor, apikey.ID(id), p.offset, p.limit)
	if err != nil {
		return reply{}, err
	}
	list := make([]access, 0, len(found))
	for _, a := range found {
		list = append(list, accessOf(a))
	}
	return listed(p, list, total)
}

func (l *lens) openAccesses(c *call) (reply, error) {
	id, err := c.id("key")
	if err != nil {
		return reply{}, err
	}
	var body newAccess
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if len(body.Offerings) == 0 {
		return reply{}, invalid("offerings", expectedValue)
	}
	var through string
	set(&through, body.Permission)
	_, err = l.Keys.Open(c.Context(), c.actor, apikey.ID(id),
		offering.PermissionID(through), convert[string, offering.ID](body.Offerings))
	// Exactly 204 and nothing with it: the SDK compares (spec/entrepot.md §4.1).
	return done(), err
}

func (l *lens) closeAccess(c *call) (reply, error) {
	id, which, err := c.ids("key", "access")
	if err != nil {
		return reply{}, err
	}
	return done(), l.Keys.Close(c.Context(), c.actor, apikey.ID(id), apikey.AccessID(which))
}
