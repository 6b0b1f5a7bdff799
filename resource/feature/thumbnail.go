package feature

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	scaling "golang.org/x/image/draw"
	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const (
	// maxPixels is how many pixels an image that is drawn small has at most, and
	// maxMemory how many bytes decoding all that are drawn at a time may take: an
	// image that alone takes more is not drawn, and others wait.
	maxPixels = 64_000_000
	maxMemory = 512 << 20
	// maxSide is how wide and high a thumbnail is at most.
	maxSide = 2048
	// maxThumbnails is how many sizes of an image are kept. Others are drawn each
	// time, or whoever may read could fill the disk.
	maxThumbnails = 16
	// drawingTime is how long reading an image may take while it is drawn.
	drawingTime = 30 * time.Second
)

// drawable reports whether an image of a size is drawn small.
func drawable(width, height int) bool {
	return width > 0 && height > 0 && int64(width) <= maxPixels/int64(height)
}

// drawing bounds what is drawn at a time.
type drawing struct{ memory *semaphore.Weighted }

func newDrawing() *drawing { return &drawing{semaphore.NewWeighted(maxMemory)} }

// weight returns how many bytes decoding an image takes at most, of which the
// header says what it is.
func weight(mediaType string, config image.Config, header []byte) int64 {
	perPixel := int64(8) // as it is kept, and once more while it is put together
	switch {
	case mediaType == "image/jpeg" && bytes.Contains(header, []byte{0xFF, 0xC2}):
		perPixel = 24 // a progressive one, with all coefficients until the end
	case config.ColorModel == color.RGBA64Model || config.ColorModel == color.NRGBA64Model:
		perPixel = 16
	case mediaType == "image/webp":
		perPixel = 12
	}
	return perPixel * int64(config.Width) * int64(config.Height)
}

// Thumbnail returns an image as a JPEG or PNG that fits into a box of 1 to 2048
// by 1 to 2048 pixels and is no larger than the image, or fills the box where it
// is cropped. Nothing of the image is in it but its pixels, turned as it says
// they are to be. It needs resource.ReadData and returns ErrNotFound for the
// feature, ErrNoAttachment, and ErrNoImage for what cannot be drawn.
func (s *Service) Thumbnail(
	ctx context.Context, actor workspace.Actor, n rbac.Node, feature, id int64, width, height int, crop bool,
) (mediaType string, thumbnail []byte, err error) {
	if width < 1 || width > maxSide || height < 1 || height > maxSide {
		return "", nil, &workspace.InvalidError{Field: "size", Expected: "1 to 2048 by 1 to 2048 pixels"}
	}
	a, err := s.readable(ctx, actor, n, feature, id)
	if err != nil {
		return "", nil, err
	}
	if !a.Image {
		return "", nil, ErrNoImage
	}
	name := fmt.Sprintf("%dx%d", width, height)
	if crop {
		name += "c"
	}
	if kept, err := s.kept(ctx, a, name); err == nil {
		return thumbnailType(kept), kept, nil
	} else if !gone(err) {
		return "", nil, err
	}
	thumbnail, err = s.draw(ctx, a, width, height, crop)
	if err != nil {
		return "", nil, err
	}
	// It is as good when it is not kept: it is drawn again then.
	_ = s.files.uploads.PutVariant(ctx, a.Content, name, maxThumbnails, thumbnail)
	return thumbnailType(thumbnail), thumbnail, nil
}

// kept returns a thumbnail that was drawn before.
func (s *Service) kept(ctx context.Context, a Attached, name string) ([]byte, error) {
	r, err := s.files.uploads.Variant(ctx, a.Content, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func thumbnailType(b []byte) string {
	if bytes.HasPrefix(b, []byte("\x89PNG")) {
		return "image/png"
	}
	return "image/jpeg"
}

func (s *Service) draw(ctx context.Context, a Attached, width, height int, crop bool) ([]byte, error) {
	content, err := s.files.uploads.Open(ctx, a.Content)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return s.files.drawing.shrink(ctx, content, a.MediaType, box{width, height, crop})
}

// patient reads until a context has ended.
type patient struct {
	ctx  context.Context //nolint:containedctx // readers are given none
	from io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.from.Read(b)
}

// A box is what a thumbnail is to fit into, or to fill.
type box struct {
	width, height int
	crop          bool
}

// A decoder reads images of one type.
type decoder struct {
	config func(io.Reader) (image.Config, error)
	image  func(io.Reader) (image.Image, error)
}

func decoderOf(mediaType string) (decoder, bool) {
	switch mediaType {
	case "image/jpeg":
		return decoder{jpeg.DecodeConfig, jpeg.Decode}, true
	case "image/png":
		return decoder{png.DecodeConfig, png.Decode}, true
	case "image/gif":
		return decoder{gif.DecodeConfig, gif.Decode}, true
	case "image/webp":
		return decoder{webp.DecodeConfig, webp.Decode}, true
	}
	return decoder{}, false
}

// shrink draws an image into a box, when there is memory for it.
func (d *drawing) shrink(ctx context.Context, content io.Reader, mediaType string, b box) ([]byte, error) {
	decode, ok := decoderOf(mediaType)
	if !ok {
		return nil, ErrNoImage
	}
	from := &patient{ctx: ctx, from: content}
	// The header is read again: what decodes takes memory for what it says there,
	// whatever was known of it.
	var header bytes.Buffer
	config, err := decode.config(io.TeeReader(from, &header))
	if err != nil {
		return nil, noImage(err)
	}
	memory := weight(mediaType, config, header.Bytes())
	if !drawable(config.Width, config.Height) || memory > maxMemory {
		return nil, fmt.Errorf("%w: it has more pixels than are drawn", ErrNoImage)
	}
	if err := d.memory.Acquire(ctx, memory); err != nil {
		return nil, err
	}
	defer d.memory.Release(memory)
	ctx, cancel := context.WithTimeout(ctx, drawingTime)
	defer cancel()
	from.ctx = ctx
	turned := upright
	if mediaType == "image/jpeg" {
		turned = orientation(header.Bytes())
	}
	whole, err := decode.image(io.MultiReader(&header, from))
	if err != nil {
		return nil, noImage(err)
	}
	if whole.Bounds().Empty() {
		return nil, ErrNoImage
	}
	if turned.sideways() {
		b.width, b.height = b.height, b.width
	}
	part, width, height := b.fit(whole.Bounds())
	return encodeThumbnail(turned.apply(reduce(whole, part, width, height)))
}

func noImage(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNoImage, err)
}

// fit returns which part of an image is drawn, and how large.
func (b box) fit(r image.Rectangle) (part image.Rectangle, width, height int) {
	w, h := int64(r.Dx()), int64(r.Dy())
	if !b.crop {
		width, height = r.Dx(), r.Dy()
		if width > b.width {
			width, height = b.width, int(max(1, h*int64(b.width)/w))
		}
		if height > b.height {
			width, height = int(max(1, w*int64(b.height)/h)), b.height
		}
		return r, width, height
	}
	if pw := h * int64(b.width) / int64(b.height); pw < w {
		w = max(1, pw)
	} else {
		h = max(1, w*int64(b.height)/int64(b.width))
	}
	x, y := r.Min.X+(r.Dx()-int(w))/2, r.Min.Y+(r.Dy()-int(h))/2
	return image.Rect(x, y, x+int(w), y+int(h)), b.width, b.height
}

// reduce draws a part of an image at a size. Where it becomes smaller, each
// pixel is the mean of those that fall on it.
func reduce(whole image.Image, part image.Rectangle, width, height int) *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, min(width, part.Dx()), min(height, part.Dy())))
	w, h := small.Rect.Dx(), small.Rect.Dy()
	const stretch = 4096 // how much of a row is turned into RGBA at a time
	row := image.NewRGBA(image.Rect(0, 0, min(part.Dx(), stretch), 1))
	sums := make([]uint64, 5*w)
	for y := range part.Dy() {
		for x := 0; x < part.Dx(); x += stretch {
			n := min(stretch, part.Dx()-x)
			draw.Draw(row, image.Rect(0, 0, n, 1), whole, part.Min.Add(image.Pt(x, y)), draw.Src)
			for i := range n {
				at := sums[5*(int64(x+i)*int64(w)/int64(part.Dx())):][:5]
				for c, v := range row.Pix[4*i : 4*i+4] {
					at[c] += uint64(v)
				}
				at[4]++
			}
		}
		line := int64(y) * int64(h) / int64(part.Dy())
		if int64(y+1)*int64(h)/int64(part.Dy()) == line && y+1 < part.Dy() {
			continue
		}
		pixels := small.Pix[int(line)*small.Stride:]
		for i := range w {
			for c := range 4 {
				pixels[4*i+c] = byte((sums[5*i+c] + sums[5*i+4]/2) / sums[5*i+4])
			}
		}
		clear(sums)
	}
	if w == width && h == height {
		return small
	}
	large := image.NewRGBA(image.Rect(0, 0, width, height))
	scaling.ApproxBiLinear.Scale(large, large.Rect, small, small.Rect, scaling.Src, nil)
	return large
}

// encodeThumbnail writes an image as a JPEG, or as a PNG where one sees through
// it.
func encodeThumbnail(small *image.RGBA) ([]byte, error) {
	var b bytes.Buffer
	if small.Opaque() {
		if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 85}); err != nil {
			return nil, fmt.Errorf("feature: thumbnail: %w", err)
		}
		return b.Bytes(), nil
	}
	if err := png.Encode(&b, small); err != nil {
		return nil, fmt.Errorf("feature: thumbnail: %w", err)
	}
	return b.Bytes(), nil
}
