package apikey_test

import "github.com/bailiwick-sdk/bailiwick/internal/dbtest"

func kindSQLite() dbtest.Kind { return dbtest.Kinds()[0] }
