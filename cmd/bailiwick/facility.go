package main

import (
	"encoding/json"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// demoPools are the facilities of Géoplateforme as its documentation for
// administrators lists them, at addresses that lead nowhere.
func demoPools() []quota.Pool {
	pools := make([]quota.Pool, 0, 40)
	for _, storage := range []struct{ kind, name, details, label string }{
		{"S3", "Stockage OpenIO pour les livraisons", `{"type_infos":{"pot_name":"livraisons"}}`, "LIVRAISON"},
		{"S3", "Stockage OpenIO pour les annexes", `{"type_infos":{"pot_name":"annexes"}}`, "ANNEXE"},
		{"S3", "Stockage OpenIO performant pour les données pyramides", `{"type_infos":{"pot_name":"pyramides"}}`, "PYRAMIDE"}, //nolint:misspell // French
		{"S3", "Stockage OpenIO performant pour les données archives", `{"type_infos":{"pot_name":"archives"}}`, "ARCHIVE"},
		{"POSTGRESQL", "Stockage PostgreSQL standard", `{"type_infos":{"host":"data.example.org","port":5432,"database_name":"donnees"}}`, "VECTEUR"},
		{"POSTGRESQL-ROUTING", "Stockage PostgreSQL standard avec PGRouting", `{"type_infos":{"host":"data.example.org","port":5433,"database_name":"itineraires"}}`, "GRAPHE"},
		{"OPENSEARCH", "Stockage OpenSearch standard", `{"type_infos":{"hosts":[{"host":"data.example.org","port":9200}]}}`, "INDEX"},
	} {
		pools = append(pools, quota.Pool{
			Kind: quota.Storage, Unit: quota.Bytes, Type: storage.kind, Name: storage.name,
			Labels: []string{storage.label}, Capacity: 100_000_000_000_000, Details: json.RawMessage(storage.details),
		})
	}
	for _, endpoint := range []struct {
		kind, name, technical string
		open                  bool
	}{
		{"WFS", "Service de diffusion WFS principal", "wfs", true},
		{"WMTS-TMS", "Service de diffusion WMTS/TMS principal", "wmts-tms", true},
		{"WMS-RASTER", "Service de diffusion WMS Raster principal", "wms-r", true},
		{"WMS-VECTOR", "Service de diffusion WMS Vecteur principal", "wms-v", true},
		{"DOWNLOAD", "Service de Téléchargement principal", "telechargement", true},
		{"METADATA", "Service de diffusion CSW", "csw", true},
		{"ALTIMETRY", "Service d'altimétrie", "altimetrie", true},
		{"ITINERARY-ISOCURVE", "Service d'itinéraire et d'isochrone", "itineraire", true},
		{"SEARCH", "Service de recherche", "recherche", true},
		{"DOWNLOAD", "Service de téléchargement privé", "telechargement-prive", false},
		{"WFS", "Service de diffusion WFS privé", "wfs-prive", false},
		{"WMS-VECTOR", "Service de diffusion WMS Vecteur privé", "wms-v-prive", false},
		{"WMS-RASTER", "Service de diffusion WMS Raster privé", "wms-r-prive", false},
		{"WMTS-TMS", "Service de diffusion WMTS/TMS privé", "wmts-tms-prive", false},
	} {
		pools = append(pools, quota.Pool{
			Kind: quota.Endpoint, Unit: quota.Count, Type: endpoint.kind, Name: endpoint.name, TechnicalName: endpoint.technical,
			URLs: demoURLs(endpoint.kind, endpoint.technical), Open: endpoint.open, Capacity: quota.NoLimit,
			Details: json.RawMessage(`{"force_metadata":false,"force_attribution":false,"search_publish":false,"metadata_fi":"metadata-` + endpoint.technical + `"}`),
		})
	}
	for _, check := range []struct{ name, job string }{
		{"Vérification standard", "standard"},
		{"Vérification raster", "raster"},
		{"Vérification vecteur", "vector"},
		{"Vérification archive", "archive"},
		{"Vérification pyramide ROK4", "pyramid-rok4"},
	} {
		pools = append(pools, quota.Pool{
			Kind: quota.Check, Unit: quota.None, Name: check.name, Description: check.name, Capacity: quota.NoLimit,
			Details: json.RawMessage(`{"orchestrator_job_name":"check-` + check.job + `","priority":"STANDARD"}`),
		})
	}
	for _, processing := range []struct{ name, job, from, to string }{
		{"Intégration de données vecteur livrées en base", "vector-to-db", `"upload":["VECTOR"]`, `"stored_data":"VECTOR-DB","storage":["POSTGRESQL"]`},
		{"Recopie d'une archive livrée", "archive-to-archive", `"upload":["ARCHIVE"]`, `"stored_data":"ARCHIVE","storage":["S3"]`},
		{"Calcul de pyramide raster", "raster-to-pyramid", `"upload":["RASTER"]`, `"stored_data":"ROK4-PYRAMID-RASTER","storage":["S3"]`},
		{"Calcul ou mise à jour de pyramide raster par moissonnage WMS", "wms-to-pyramid", `"stored_data":["ROK4-PYRAMID-RASTER"]`, `"stored_data":"ROK4-PYRAMID-RASTER","storage":["S3"]`},
		{"Fusion de pyramides raster", "pyramids-to-pyramid", `"stored_data":["ROK4-PYRAMID-RASTER"]`, `"stored_data":"ROK4-PYRAMID-RASTER","storage":["S3"]`}, //nolint:misspell // French
		{"Calcul de pyramide vecteur", "db-to-pyramid", `"stored_data":["VECTOR-DB"]`, `"stored_data":"ROK4-PYRAMID-VECTOR","storage":["S3"]`},
	} {
		pools = append(pools, quota.Pool{
			Kind: quota.Processing, Unit: quota.None, Name: processing.name, Description: processing.name, Capacity: quota.NoLimit,
			Details: json.RawMessage(`{"orchestrator_job_name":"` + processing.job + `","priority":"STANDARD",` +
				`"input_types":{` + processing.from + `},"output_type":{` + processing.to + `}}`),
		})
	}
	return pools
}

// demoURLs are the addresses of an endpoint, one for each service that its
// type stands for.
func demoURLs(kind, technical string) []quota.URL {
	services := demoServices(kind)
	urls := make([]quota.URL, 0, len(services))
	for _, service := range services {
		urls = append(urls, quota.URL{Type: service, URL: "https://data.example.org/" + technical + "/" + strings.ToLower(service)})
	}
	return urls
}

func demoServices(kind string) []string {
	switch kind {
	case "WMTS-TMS":
		return []string{"WMTS", "TMS"}
	case "WMS-RASTER", "WMS-VECTOR":
		return []string{"WMS"}
	case "ITINERARY-ISOCURVE":
		return []string{"ITINERARY", "ISOCURVE"}
	}
	return []string{kind}
}
