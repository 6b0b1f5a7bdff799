package upload

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"golang.org/x/image/webp"
)

const (
	// sniffed is how much of a file tells its type, header how much of an image
	// its size.
	sniffed = 512
	header  = 1 << 20
	// unknown is the type of what pretends to be an image and is none.
	unknown = "application/octet-stream"
)

// looked returns an upload with what the bytes of the file say that it is. It
// needs no more than the first MiB of them.
func (u Upload) looked(content io.Reader) Upload {
	first, _ := io.ReadAll(io.LimitReader(content, sniffed))
	u.MediaType, u.Width, u.Height = http.DetectContentType(first), 0, 0
	decode := imageConfig(u.MediaType)
	if decode == nil {
		return u
	}
	config, err := decode(io.LimitReader(io.MultiReader(bytes.NewReader(first), content), header))
	if err != nil || config.Width <= 0 || config.Height <= 0 {
		u.MediaType = unknown
		return u
	}
	u.Width, u.Height = config.Width, config.Height
	return u
}

// imageConfig returns what reads the header of a type of images, nil for other
// types.
func imageConfig(mediaType string) func(io.Reader) (image.Config, error) {
	switch mediaType {
	case "image/jpeg":
		return jpeg.DecodeConfig
	case "image/png":
		return png.DecodeConfig
	case "image/gif":
		return gif.DecodeConfig
	case "image/webp":
		return webp.DecodeConfig
	}
	return nil
}
