package apiv1

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// restoreLimit bounds a backup that somebody brings.
const restoreLimit = 64 << 30

// restores reports whether a path is where a backup is brought to.
func restores(path string) bool {
	rest, is := strings.CutPrefix(path, "databases/")
	_, rest, _ = strings.Cut(rest, "/")
	return is && rest == "restore"
}

func backupRoutes() []route {
	backUp, manage := sharing(workspace.BackUpDatabase), sharing(workspace.ManageWorkspaces)
	const of, one = "/databases/{database}", "/backups/{backup}"
	bring := saga(post(of+"/restore", "restoreDatabase", manage, (*lens).restoreDatabase))
	bring.stream = true
	return databasesOnly(
		get(of+"/backup", "getDatabaseBackup", backUp, (*lens).databaseBackup),
		get(of+"/backups", "listDatabaseBackups", backUp, (*lens).databaseBackups),
		saga(post(of+"/backups", "createBackup", backUp, (*lens).createBackup)),
		bring,
		get("/backups", "listBackups", signedIn(), (*lens).backups),
		get(one, "getBackup", hidden(backUp), (*lens).backup),
		saga(remove(one, "deleteBackup", manage, (*lens).deleteBackup)),
		get(one+"/file", "getBackupFile", backUp, (*lens).backupFile),
		saga(post(one+"/restore", "restoreBackup", manage, (*lens).restoreBackup)),
	)
}

// backupWire is a kept backup.
type backupWire struct {
	ID         database.BackupID    `json:"id"`
	Num        int64                `json:"num"`
	Name       database.BackupName  `json:"name"`
	Database   database.Name        `json:"database"`
	DatabaseID workspace.DatabaseID `json:"database_id"`
	State      database.State       `json:"state"`
	Size       int64                `json:"size"`
	SHA256     string               `json:"sha256"`
	CreatedBy  string               `json:"created_by"`
	Created    time.Time            `json:"created"`
}

func backupOf(b database.Backup) backupWire {
	return backupWire{
		ID: b.ID, Num: b.Num, Name: b.Name, Database: b.DatabaseName, DatabaseID: b.Database, State: b.State, Size: b.Size,
		SHA256: b.Digest, CreatedBy: b.CreatedBy, Created: b.Created,
	}
}

// now is the time as services tell it.
func (l *lens) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

// backupName returns the backup that a path names. What cannot be a name names
// nothing.
func (c *call) backupName() (database.BackupName, error) {
	text, err := url.PathUnescape(mux.Vars(c.Request)["backup"])
	if err != nil {
		return "", database.ErrNotFound
	}
	name, err := database.ParseBackupName(text)
	if err != nil {
		return "", database.ErrNotFound
	}
	return name, nil
}

func (l *lens) backups(c *call) (reply, error) { return l.backupsOf(c, "") }

func (l *lens) databaseBackups(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	return l.backupsOf(c, name)
}

// backupsOf lists the backups of a database, or of all.
func (l *lens) backupsOf(c *call, name database.Name) (reply, error) {
	p, err := c.page(byCreationFirst(database.BackupFilter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := database.BackupFilter{Order: p.order, After: p.after, Limit: p.more()}
	found, total, err := l.Databases.Backups(c.Context(), c.actor, name, f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, backupOf), nil
}

func (l *lens) backup(c *call) (reply, error) {
	name, err := c.backupName()
	if err != nil {
		return reply{}, err
	}
	found, _, err := l.Databases.Backups(c.Context(), c.actor, "", database.BackupFilter{Names: []database.BackupName{name}})
	if err != nil {
		return reply{}, err
	}
	if len(found) == 0 {
		return reply{}, database.ErrNotFound
	}
	return shown(backupOf(found[0])), nil
}

func (l *lens) createBackup(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	made, err := l.Databases.MakeBackup(c.Context(), c.actor, name)
	if err != nil {
		return reply{}, err
	}
	return created(backupOf(made), "../../backups/", string(made.Name)), nil
}

func (l *lens) deleteBackup(c *call) (reply, error) {
	name, err := c.backupName()
	if err != nil {
		return reply{}, err
	}
	return gone(c, nil), l.Databases.DeleteBackup(c.Context(), c.actor, name)
}

func (l *lens) databaseBackup(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	body := &exporting{ResponseWriter: c.answer, kind: bytesType, file: string(name.Backup(l.now()))}
	if c.Method == http.MethodHead {
		// Nobody would read it. Listing those that are kept takes the same right.
		_, _, err = l.Databases.Backups(c.Context(), c.actor, name, database.BackupFilter{Limit: 1})
	} else {
		err = l.Databases.Backup(c.Context(), c.actor, name, body)
	}
	switch {
	case err == nil:
		body.begin()
	case !body.began:
		return reply{}, err
	default:
		transport.NoteError(c.Context(), err)
		panic(http.ErrAbortHandler) // half a backup must not look like a whole one
	}
	return reply{}, nil
}

func (l *lens) backupFile(c *call) (reply, error) {
	name, err := c.backupName()
	if err != nil {
		return reply{}, err
	}
	b, file, err := l.Databases.OpenBackup(c.Context(), c.actor, name)
	if err != nil {
		return reply{}, err
	}
	defer file.Close()
	transport.SendFile(c.answer, c.Request, transport.File{Name: string(b.Name), MediaType: bytesType, Size: b.Size}, file)
	return reply{}, nil
}

func (l *lens) restoreBackup(c *call) (reply, error) {
	name, err := c.backupName()
	if err != nil {
		return reply{}, err
	}
	d, err := l.Databases.RestoreBackup(c.Context(), c.actor, name)
	return l.answerWith(c, d, err)
}

func (l *lens) restoreDatabase(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	if c.Body == nil {
		return reply{}, database.ErrBackup
	}
	d, err := l.Databases.RestoreFrom(c.Context(), c.actor, name, c.Body)
	return l.answerWith(c, d, err)
}
