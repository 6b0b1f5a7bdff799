package entrepot

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// newStorage is a storage to make.
type newStorage struct {
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	Labels    []string   `json:"labels"`
	TypeInfos *typeInfos `json:"type_infos"`
}

func (n *newStorage) pool() (quota.Pool, error) {
	p := quota.Pool{
		Kind: quota.Storage, Unit: quota.Bytes, Type: n.Type, Name: n.Name, Labels: n.Labels, Capacity: quota.NoLimit,
	}
	if err := named(n.Name); err != nil {
		return quota.Pool{}, err
	}
	if err := oneOf("type", n.Type, storageTypes()); err != nil {
		return quota.Pool{}, err
	}
	if err := checkLabels(n.Labels); err != nil {
		return quota.Pool{}, err
	}
	if err := n.TypeInfos.check(n.Type); err != nil {
		return quota.Pool{}, err
	}
	return p, settings{TypeInfos: n.TypeInfos}.keep(&p)
}

type storagePatch struct {
	Name   *string   `json:"name"`
	Labels *[]string `json:"labels"`
}

func (c *storagePatch) apply(p *quota.Pool) error {
	set(&p.Name, c.Name)
	set(&p.Labels, c.Labels)
	if err := named(p.Name); err != nil {
		return err
	}
	return checkLabels(p.Labels)
}

func named(name string) error { return plain("name", name, 99) }

// plain wants a text of one line.
func plain(field, text string, most int) error {
	if n := len([]rune(text)); n < 1 || n > most || strings.ContainsFunc(text, unicode.IsControl) {
		return invalid(field, fmt.Sprintf("1 to %d characters", most))
	}
	return nil
}

func checkLabels(labels []string) error {
	for i, label := range labels {
		if err := plain(fmt.Sprintf("labels[%d]", i), label, 99); err != nil {
			return err
		}
	}
	return nil
}

var technicalName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// newEndpoint is an endpoint to make.
type newEndpoint struct {
	Name             string      `json:"name"`
	TechnicalName    string      `json:"technical_name"`
	Type             string      `json:"type"`
	URLs             []quota.URL `json:"urls"`
	ForceMetadata    *bool       `json:"force_metadata"`
	ForceAttribution *bool       `json:"force_attribution"`
	SearchPublish    *bool       `json:"search_publish"`
	Open             *bool       `json:"open"`
	MetadataID       *string     `json:"metadata_fi"`
}

func (n *newEndpoint) pool() (quota.Pool, error) {
	p := quota.Pool{
		Kind: quota.Endpoint, Unit: quota.Count, Type: today(n.Type), Name: n.Name, TechnicalName: n.TechnicalName,
		Capacity: quota.NoLimit,
	}
	if err := named(n.Name); err != nil {
		return quota.Pool{}, err
	}
	if !technicalName.MatchString(n.TechnicalName) {
		return quota.Pool{}, invalid("technical_name", "1 to 100 of A-Z a-z 0-9 _ - .")
	}
	if err := oneOf("type", p.Type, endpointTypes()); err != nil {
		return quota.Pool{}, err
	}
	if n.Open == nil {
		return quota.Pool{}, invalid("open", expectedValue)
	}
	p.Open = *n.Open
	var err error
	if p.URLs, err = checkURLs(n.URLs); err != nil {
		return quota.Pool{}, err
	}
	return p, settings{
		ForceMetadata: n.ForceMetadata, ForceAttribution: n.ForceAttribution, SearchPublish: n.SearchPublish,
		MetadataID: n.MetadataID,
	}.keep(&p)
}

// endpointPatch leaves out type and technical name, by which published layers
// are known to the world.
type endpointPatch struct {
	Name             *string      `json:"name"`
	URLs             *[]quota.URL `json:"urls"`
	ForceMetadata    *bool        `json:"force_metadata"`
	ForceAttribution *bool        `json:"force_attribution"`
	SearchPublish    *bool        `json:"search_publish"`
	Open             *bool        `json:"open"`
	MetadataID       *string      `json:"metadata_fi"`
}

func (c *endpointPatch) apply(p *quota.Pool) error {
	set(&p.Name, c.Name)
	set(&p.Open, c.Open)
	if err := named(p.Name); err != nil {
		return err
	}
	if c.URLs != nil {
		var err error
		if p.URLs, err = checkURLs(*c.URLs); err != nil {
			return err
		}
	}
	return settings{
		ForceMetadata: c.ForceMetadata, ForceAttribution: c.ForceAttribution, SearchPublish: c.SearchPublish,
		MetadataID: c.MetadataID,
	}.keep(p)
}

// newCheck is a check to make.
type newCheck struct {
	Name           string   `json:"name"`
	Description    string   `json:"description"`
	JobName        string   `json:"orchestrator_job_name"`
	Priority       *string  `json:"priority"`
	DefaultUploads []string `json:"default_uploads_check"`
}

func (n *newCheck) pool() (quota.Pool, error) {
	p := quota.Pool{
		Kind: quota.Check, Unit: quota.None, Name: n.Name, Description: n.Description, Capacity: quota.NoLimit,
	}
	s := settings{JobName: n.JobName, Priority: "STANDARD", DefaultUploads: n.DefaultUploads}
	set(&s.Priority, n.Priority)
	if err := checkJob(p, s); err != nil {
		return quota.Pool{}, err
	}
	if err := words("default_uploads_check", n.DefaultUploads); err != nil {
		return quota.Pool{}, err
	}
	return p, s.keep(&p)
}

// checkJob wants what every job of the orchestrator has.
func checkJob(p quota.Pool, s settings) error {
	if err := named(p.Name); err != nil {
		return err
	}
	if p.Description == "" {
		return invalid("description", expectedValue)
	}
	if err := plain("description", p.Description, 4000); err != nil {
		return err
	}
	if err := plain("orchestrator_job_name", s.JobName, 255); err != nil {
		return err
	}
	return oneOf("priority", s.Priority, priorities())
}

type checkPatch struct {
	Name           *string   `json:"name"`
	Description    *string   `json:"description"`
	JobName        *string   `json:"orchestrator_job_name"`
	Priority       *string   `json:"priority"`
	DefaultUploads *[]string `json:"default_uploads_check"`
}

func (c *checkPatch) apply(p *quota.Pool) error {
	s, err := settingsOf(*p)
	if err != nil {
		return err
	}
	set(&p.Name, c.Name)
	set(&p.Description, c.Description)
	set(&s.JobName, c.JobName)
	set(&s.Priority, c.Priority)
	set(&s.DefaultUploads, c.DefaultUploads)
	if err := checkJob(*p, s); err != nil {
		return err
	}
	if err := words("default_uploads_check", s.DefaultUploads); err != nil {
		return err
	}
	return s.keep(p)
}

// newProcessing is a processing to make.
type newProcessing struct {
	Name           string      `json:"name"`
	Description    string      `json:"description"`
	JobName        string      `json:"orchestrator_job_name"`
	Priority       *string     `json:"priority"`
	InputTypes     *inputTypes `json:"input_types"`
	OutputType     *outputType `json:"output_type"`
	Parameters     []parameter `json:"parameters"`
	RequiredChecks []string    `json:"required_checks"`
}

func (n *newProcessing) pool() (quota.Pool, error) {
	p := quota.Pool{
		Kind: quota.Processing, Unit: quota.None, Name: n.Name, Description: n.Description, Capacity: quota.NoLimit,
	}
	s := settings{
		JobName: n.JobName, Priority: "STANDARD", InputTypes: n.InputTypes, OutputType: n.OutputType,
		Parameters: n.Parameters, RequiredChecks: n.RequiredChecks,
	}
	set(&s.Priority, n.Priority)
	if err := checkJob(p, s); err != nil {
		return quota.Pool{}, err
	}
	if n.InputTypes != nil {
		if err := words("input_types.upload", n.InputTypes.Upload); err != nil {
			return quota.Pool{}, err
		}
		if err := words("input_types.stored_data", n.InputTypes.StoredData); err != nil {
			return quota.Pool{}, err
		}
	}
	if err := n.OutputType.check(); err != nil {
		return quota.Pool{}, err
	}
	if err := checkParameters(n.Parameters); err != nil {
		return quota.Pool{}, err
	}
	return p, s.keep(&p)
}

// processingPatch leaves out what goes in and comes out, on which those rely
// who launch it.
type processingPatch struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
	JobName     *string `json:"orchestrator_job_name"`
	Priority    *string `json:"priority"`
}

func (c *processingPatch) apply(p *quota.Pool) error {
	s, err := settingsOf(*p)
	if err != nil {
		return err
	}
	set(&p.Name, c.Name)
	set(&p.Description, c.Description)
	set(&s.JobName, c.JobName)
	set(&s.Priority, c.Priority)
	if err := checkJob(*p, s); err != nil {
		return err
	}
	return s.keep(p)
}
