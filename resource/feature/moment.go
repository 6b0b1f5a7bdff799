package feature

import (
	"fmt"
	"strings"
	"time"
)

// Microseconds.
const (
	second = int64(1_000_000)
	day    = 24 * 60 * 60 * second
)

// String returns a moment as ISO 8601 has it, with a time of day where there is
// no day.
func (m Moment) String() string {
	clock := fmt.Sprintf("%02d:%02d:%02d", m.Hour, m.Minute, m.Second)
	if m.Microsecond != 0 {
		clock += fmt.Sprintf(".%06d", m.Microsecond)
	}
	if m.Day == 0 {
		return clock
	}
	return fmt.Sprintf("%04d-%02d-%02dT%s", m.Year, m.Month, m.Day, clock)
}

// valid reports whether there is such a moment, of a type.
func (m Moment) valid(t FieldType) bool {
	if t == Time {
		if m.Year != 0 || m.Month != 0 || m.Day != 0 {
			return false
		}
	} else {
		d := time.Date(m.Year, time.Month(m.Month), m.Day, 0, 0, 0, 0, time.UTC)
		if m.Year < 1 || m.Year > 9999 || d.Year() != m.Year || int(d.Month()) != m.Month || d.Day() != m.Day {
			return false
		}
	}
	if t == Date {
		return m.Hour == 0 && m.Minute == 0 && m.Second == 0 && m.Microsecond == 0
	}
	in := func(n, below int) bool { return n >= 0 && n < below }
	return in(m.Hour, 24) && in(m.Minute, 60) && in(m.Second, 60) && in(m.Microsecond, int(second))
}

// number returns a moment as it is kept: days since 1970, microseconds of the
// day, or microseconds since 1970.
func (m Moment) number(t FieldType) int64 {
	clock := int64((m.Hour*60+m.Minute)*60+m.Second)*second + int64(m.Microsecond)
	if t == Time {
		return clock
	}
	days := time.Date(m.Year, time.Month(m.Month), m.Day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
	if t == Date {
		return days
	}
	return days*day + clock
}

// momentOf takes number back.
func momentOf(t FieldType, n int64) Moment {
	var m Moment
	days, clock := n, int64(0)
	switch t {
	case Time:
		days, clock = 0, n
	case DateTime:
		days, clock = n/day, n%day
		if clock < 0 {
			days, clock = days-1, clock+day
		}
	}
	if t != Time {
		d := time.Unix(days*24*60*60, 0).UTC()
		m.Year, m.Month, m.Day = d.Year(), int(d.Month()), d.Day()
	}
	m.Microsecond = int(clock % second)
	clock /= second
	m.Second, m.Minute, m.Hour = int(clock%60), int(clock/60%60), int(clock/3600)
	return m
}

// parseMoment reads ISO 8601, without a zone but Z, which is dropped.
func parseMoment(t FieldType, text string) (Moment, bool) {
	text = strings.TrimSuffix(text, "Z")
	layouts := map[FieldType][]string{
		Date:     {"2006-01-02", "2006-01-02T00:00:00"},
		Time:     {"15:04:05", "15:04"},
		DateTime: {"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"},
	}
	for _, layout := range layouts[t] {
		// Fractions of a second are read whether the layout has them or not.
		at, err := time.Parse(layout, text)
		if err != nil || at.Nanosecond()%1000 != 0 {
			continue
		}
		m := Moment{Hour: at.Hour(), Minute: at.Minute(), Second: at.Second(), Microsecond: at.Nanosecond() / 1000}
		if t != Time {
			m.Year, m.Month, m.Day = at.Year(), int(at.Month()), at.Day()
		}
		return m, m.valid(t)
	}
	return Moment{}, false
}
