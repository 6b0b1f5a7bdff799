package drofus

import (
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// projectRecord is a project as the seed's samples have it. What it is made with
// besides, as its constructor, is not in it (spec/drofus.md §2.1).
func projectRecord(w workspace.Details, in database.Name, more ...field) record {
	var owner int64
	if w.PaidBy != nil {
		owner = int64(w.PaidBy.Num)
	}
	updated := timeOf("updated", w.Updated)
	by := textOrNull("updated_by", w.UpdatedBy)
	if w.Updated.Equal(w.Created) { // nobody has
		updated, by = updated.unless(true), by.unless(true)
	}
	return newRecord(projectRoot, append(more,
		boolOf("active", w.Active),
		textOrNull("contact", w.Contact),
		timeOf("created_at", w.Created),
		textOrNull("created_by", w.CreatedBy),
		textOrNull("database_id", string(in)),
		textOrNull("description", w.Description),
		decimalOf("gross_area", w.Project.GrossArea),
		intOf("id", w.Num),
		textOf("name", w.Name),
		textOrNull("no", w.Project.Number),
		intOf("owner_id", owner).unless(owner == 0),
		textOrNull("status", w.Project.Status),
		updated,
		by,
	)...)
}
