package ngw

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/transport"
)

// maxSide bounds a side of a small image, in pixels.
const maxSide = 2048

// showImage sends an image that fits into ?size=200x150, or fills it with
// ?crop=true; without a size the image as it is.
func showImage(l *lens, c *call) (reply, error) {
	n, fid, aid, err := l.attached(c)
	if err != nil {
		return reply{}, err
	}
	crop, err := c.boolean("crop", false)
	if err != nil {
		return reply{}, err
	}
	if c.last("size") == "" {
		a, file, err := l.Features.OpenAttachment(c.Context(), c.actor, n, fid, aid)
		if err != nil {
			return reply{}, err
		}
		if !a.Image {
			_ = file.Close()
			return reply{}, feature.ErrNoImage
		}
		return sent(a, file, true), nil
	}
	width, height, err := sides(c.last("size"))
	if err != nil {
		return reply{}, err
	}
	kind, image, err := l.Features.Thumbnail(c.Context(), c.actor, n, fid, aid, width, height, crop)
	if err != nil {
		return reply{}, err
	}
	return reply{write: func(w http.ResponseWriter, r *http.Request) {
		transport.SendFile(w, r, transport.File{MediaType: kind, Size: int64(len(image)), Inline: true}, bytes.NewReader(image))
	}}, nil
}

// sides reads "200x150".
func sides(text string) (width, height int, err error) {
	wide, high, found := strings.Cut(text, "x")
	width, wideErr := strconv.Atoi(wide)
	height, highErr := strconv.Atoi(high)
	if !found || wideErr != nil || highErr != nil || min(width, height) < 1 || max(width, height) > maxSide {
		return 0, 0, queryError("size", "width and height in pixels, such as 200x150, up to 2048")
	}
	return width, height, nil
}
