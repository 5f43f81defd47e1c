package store

import (
	"encoding/json"
	"sync"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
)

// names turns contact ids, and the names of those who sit at desks, into the keys that stand for them in storage,
// and back. Both are remembered: a
// ward has a few dozen contacts and every event concerns some of them.
type names struct {
	keyset *seal.Keyset
	keys   sync.Map // named to string
	ids    sync.Map // keyed to contacts.ID
}

type named struct {
	line contacts.LineID
	id   contacts.ID
}

type keyed struct {
	line contacts.LineID
	key  string
}

// key is what stands for a contact in storage.
func (n *names) key(line contacts.LineID, id contacts.ID) string {
	if key, ok := n.keys.Load(named{line, id}); ok {
		return key.(string)
	}
	key := n.keyset.ContactKey(line, id)
	n.keys.Store(named{line, id}, key)
	return key
}

// id is the contact that a stored key stands for.
func (n *names) id(line contacts.LineID, key string) (contacts.ID, error) {
	if id, ok := n.ids.Load(keyed{line, key}); ok {
		return id.(contacts.ID), nil
	}
	id, err := n.keyset.ContactID(line, key)
	if err != nil {
		return "", err
	}
	n.ids.Store(keyed{line, key}, id)
	return id, nil
}

// reveal puts what they stand for in place of the keys in the notes of a journal entry.
func (n *names) reveal(line contacts.LineID, notes string) (string, error) {
	var list []noteRecord
	if err := json.Unmarshal([]byte(notes), &list); err != nil {
		return "", errBadRecord
	}
	for i := range list {
		for _, key := range []*string{&list[i].Contact, &list[i].Desk} {
			if *key == "" {
				continue
			}
			id, err := n.id(line, *key)
			if err != nil {
				return "", err
			}
			*key = string(id)
		}
	}
	out, err := json.Marshal(list)
	return string(out), err
}
