// Package clients has no code of its own: its tests point clients of NextGIS
// Web that others wrote at the lens, GDAL and those of npm. `make deps` installs
// them.
package clients
