package drofus

import (
	"net/url"
	"slices"
	"testing"
)

func TestReadings(t *testing.T) {
	t.Parallel()
	for segment, want := range map[string][]reading{
		"hakonhc":           {{"hakonhc", unsaid}},
		"hakonhc.json":      {{"hakonhc.json", unsaid}, {"hakonhc", asJSON}},
		"jo.smith":          {{"jo.smith", unsaid}},
		"jo.smith.json":     {{"jo.smith.json", unsaid}, {"jo.smith", asJSON}},
		"jo.smith.html":     {{"jo.smith.html", unsaid}, {"jo.smith", asHTML}},
		"jo.xml.json":       {{"jo.xml.json", unsaid}, {"jo.xml", asJSON}},
		"jo.csv":            {{"jo.csv", unsaid}},
		"jo.":               {{"jo.", unsaid}},
		".json":             {{".json", unsaid}},
		"a@example.com":     {{"a@example.com", unsaid}},
		"a@example.com.xml": {{"a@example.com.xml", unsaid}, {"a@example.com", asXML}},
	} {
		if got := readings(segment); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", segment, got, want)
		}
	}
}

func TestReadMember(t *testing.T) {
	t.Parallel()
	for segment, want := range map[string]memberKey{
		"hakonhc,408":          {"hakonhc", 408, unsaid},
		"hakonhc,408.json":     {"hakonhc", 408, asJSON},
		"hakonhc,408.csv":      {"hakonhc", 408, unknown},
		"jo.smith,408":         {"jo.smith", 408, unsaid},
		"jo.json,408.xml":      {"jo.json", 408, asXML},
		"Smith, Jo,7":          {"Smith, Jo", 7, unsaid},
		"a,b,9":                {"a,b", 9, unsaid},
		"Håkon,007":            {"Håkon", 7, unsaid},
		",,1":                  {",", 1, unsaid},
		"a,922337203685477580": {"a", 922337203685477580, unsaid},
	} {
		if got, ok := readMember(segment); !ok || got != want {
			t.Errorf("%s: got %v, %v", segment, got, ok)
		}
	}
	for _, segment := range []string{
		"", "hakonhc", ",408", "hakonhc,", "hakonhc,abc", "hakonhc,-1", "hakonhc,+1", "hakonhc,0", "hakonhc,1 ", "hakonhc, 1",
		"hakonhc,٣", "a,9223372036854775808", "hakonhc,.json", "hakonhc,1.2.json",
	} {
		if got, ok := readMember(segment); ok {
			t.Errorf("%s: got %v", segment, got)
		}
	}
}

func TestPathTo(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"users/jo%2Fe%3F/disable":     pathTo("users", "jo/e?", "disable"),
		"project_users/Smith,%20Jo,7": memberPath("Smith, Jo", 7),
		"users/H%C3%A5kon":            pathTo("users", "Håkon"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if _, err := url.Parse("../" + got); err != nil {
			t.Error(err)
		}
	}
}
