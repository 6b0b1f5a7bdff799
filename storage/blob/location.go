package blob

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	gocloud "gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // for s3://
)

// ErrLocation is returned for a location that is none.
var ErrLocation = errors.New("blob: a folder or the URL of a bucket, such as s3://name?region=eu-west-3&prefix=files/")

// Open opens the bucket at a location: a folder, or a URL such as
//
//	s3://name?region=eu-west-3&prefix=files/
//	s3://name?endpoint=https://minio.example.org&use_path_style=true&region=local
//
// with the parameters that gocloud.dev/blob/s3blob knows. Credentials are those
// that AWS's programs find: in the environment, in a profile, of the machine.
// None are taken from a URL, which is shown in logs and lists of processes. They
// must allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket, without
// which S3 says of what is not there that it is forbidden. A program that imports
// another driver of gocloud.dev/blob opens its URLs too.
//
// Nobody is asked before something is read or written, so that a bucket that
// cannot be reached is opened all the same; a folder is made. It returns
// ErrLocation for what is no location.
func Open(ctx context.Context, location string) (*Bucket, error) {
	if !strings.Contains(location, "://") {
		return Folder(location)
	}
	u, err := url.Parse(location)
	if err != nil { // which shows the whole of it
		return nil, ErrLocation
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%w: without credentials, which are taken from the environment", ErrLocation)
	case u.Scheme == "file":
		return nil, fmt.Errorf("%w: a folder is named by its path", ErrLocation)
	case !gocloud.DefaultURLMux().ValidBucketScheme(u.Scheme):
		return nil, fmt.Errorf("%w: not one of the kind %q", ErrLocation, u.Scheme)
	case u.Scheme == "s3" && (u.Host == "" || strings.Trim(u.Path, "/") != ""):
		return nil, fmt.Errorf("%w: folders within a bucket are its prefix", ErrLocation)
	case u.Query().Has("key"): // all files would be one
		return nil, fmt.Errorf("%w: not a single file", ErrLocation)
	}
	bucket, err := gocloud.OpenBucket(ctx, location)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return New(bucket), nil
}
