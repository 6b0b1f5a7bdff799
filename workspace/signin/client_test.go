package signin_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

func TestClientType(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		// Add-ins, whatever they are called first.
		"dRofus/2.5 (Revit 2024)":         "Revit",
		"dRofus Revit Addin 2.12.4":       "Revit",
		"RevitAddin/1.0":                  "Revit",
		"dRofusForRevit/3.1 .NET/4.8":     "Revit",
		"Autodesk-Revit-2023/23.0.1.318":  "Revit",
		"REVIT":                           "Revit",
		"Revit2025":                       "Revit",
		"dRofus/2.5 (ArchiCAD 27 INT)":    "ArchiCAD",
		"Archicad/27.0 (Macintosh)":       "ArchiCAD",
		"Revit 2024 beside ArchiCAD 27":   "Revit",
		"Mozilla/5.0 (ArchiCAD; Revit)":   "Revit",
		"dRofus/2.11.7.0 (Windows NT 10)": "dRofus",
		"DROFUS-desktop/1":                "dRofus",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) dRofus/2.14 Chrome/120.0.6099.291 Electron/28.3.3 Safari/537.36": "dRofus",
		// Geography.
		"Mozilla/5.0 QGIS/33403/Windows 10 Version 2009":                             "QGIS",
		"Mozilla/5.0 QGIS/3.28.1-Firenze":                                            "QGIS",
		"ArcGIS Pro 3.1.2 (00000000000) - ArcGISPro":                                 "ArcGIS",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:1.9.2.3) ArcGIS/10.8 Esri/1.0": "ArcGIS",
		"GDAL/3.8.4": "GDAL",
		"Mozilla/5.0 (Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506":        "PowerShell",
		"Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631) PowerShell/7.4.1": "PowerShell",
		"Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0":       "Browser",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15":  "Browser",
		"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko":         "Browser",
		"Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18":             "Browser",
		"mozilla":          "Browser",
		"MozillaThunder/1": "MozillaThunder",
		// Programs.
		"curl/8.5.0": "curl",
		"curl/7.88.1 (x86_64-pc-linux-gnu) libcurl/7": "curl",
		"libcurl-agent/1.0":                           "curl",
		"curlew/2":                                    "curlew",
		"python-requests/2.31.0":                      "Python",
		"Python-urllib/3.11":                          "Python",
		"python-httpx/0.26.0":                         "Python",
		"Python/3.11 aiohttp/3.9.1":                   "Python",
		"Pythonista/3":                                "Pythonista",
		"Wget/1.21.4":                                 "Wget",
		"Go-http-client/2.0":                          "Go-http-client",
		"okhttp/4.12.0":                               "okhttp",
		"Java/17.0.9":                                 "Java",
		"Apache-HttpClient/4.5.14 (Java/17.0.9)":      "Apache-HttpClient",
		"PostmanRuntime/7.36.0":                       "PostmanRuntime",
		"node":                                        "node",
		"axios/1.6.5":                                 "axios",
		"  \tspaced/1":                                "spaced",
		"a!#$%&'*+-.^_`|~9 b":                         "a!#$%&'*+-.^_`|~9",
		"gpf-warehouse":                               "gpf-warehouse",
		// What only looks like one.
		"revitalised/1":  "revitalised",
		"Prerevit/1":     "Prerevit",
		"PREREVIT/1":     "PREREVIT",
		"Revitalise":     "Revitalise",
		"aqgis":          "aqgis",
		"nodrofus/1":     "nodrofus",
		"Gerät/1":        "Ger",
		"name\x00hidden": "name",
		"name\nInjected": "name",
		"ann@x.org":      "ann",
		// Nothing.
		"":                         "unknown",
		" \t ":                     "unknown",
		"/1.0":                     "unknown",
		"(compatible)":             "unknown",
		"é":                        "unknown",
		"\x00\xff":                 "unknown",
		"\"quoted\"":               "unknown",
		strings.Repeat("a", 41):    strings.Repeat("a", 40),
		strings.Repeat("é", 1<<20): "unknown",
		strings.Repeat("b", 1<<20): strings.Repeat("b", 40),
		"x " + strings.Repeat("Revi ", 1<<18) + "Revit": "x",
	} {
		if got := signin.ClientType(agent); got != want {
			t.Errorf("ClientType(%.80q) = %q, want %q", agent, got, want)
		}
	}
}

// Whatever a client calls itself, its type can be kept and shown.
func FuzzClientType(f *testing.F) {
	for _, agent := range []string{"", "Revit", "Mozilla/5.0 (x)", "é/1", "\xff\x00", strings.Repeat("a", 50), "for\u212aRevit\u017f"} {
		f.Add(agent)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		got := signin.ClientType(agent)
		if got == "" || len(got) > 40 || strings.ContainsFunc(got, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }) {
			t.Errorf("ClientType(%q) = %q", agent, got)
		}
	})
}
