package feature_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// quarters is an image of a size in four colors: red and green above blue and
// white, which is see-through where it is asked for.
func quarters(width, height int, through bool) *image.NRGBA {
	whole := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i, c := range quarterColors(through) {
		x, y := i%2*width/2, i/2*height/2
		draw.Draw(whole, image.Rect(x, y, x+width/2, y+height/2), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return whole
}

func quarterColors(through bool) []color.NRGBA {
	last := color.NRGBA{255, 255, 255, 255}
	if through {
		last = color.NRGBA{}
	}
	return []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, last}
}

func encode(t testing.TB, kind string, whole image.Image) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "png":
		err = png.Encode(&b, whole)
	case "gif":
		few := color.Palette{}
		for _, c := range append(quarterColors(true), color.NRGBA{255, 255, 255, 255}) {
			few = append(few, c)
		}
		drawn := image.NewPaletted(whole.Bounds(), few)
		draw.Draw(drawn, whole.Bounds(), whole, image.Point{}, draw.Src)
		err = gif.Encode(&b, drawn, nil)
	default:
		err = jpeg.Encode(&b, whole, &jpeg.Options{Quality: 95})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// picture is a small image.
func picture(t testing.TB) string {
	t.Helper()
	return encode(t, "png", quarters(2, 2, false))
}

// thumbnail returns what an attachment is drawn as.
func (e *estate) thumbnail(id int64, width, height int, crop bool) (string, image.Image) {
	e.Helper()
	kind, text, err := e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature, id, width, height, crop)
	e.ok(err)
	small, format, err := image.Decode(bytes.NewReader(text))
	e.ok(err)
	if "image/"+format != kind {
		e.Errorf("it is called %s and is %s", kind, format)
	}
	return kind, small
}

// quartered wants an image to show the quarters.
func (e *estate) quartered(what string, small image.Image, through bool) {
	e.Helper()
	r := small.Bounds()
	for i, want := range quarterColors(through) {
		got := color.NRGBAModel.Convert(small.At(r.Min.X+(1+i%2*2)*r.Dx()/4, r.Min.Y+(1+i/2*2)*r.Dy()/4)).(color.NRGBA)
		for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B), int(got.A) - int(want.A)} {
			if d < -40 || d > 40 {
				e.Errorf("%s: quarter %d is %v, want %v", what, i, got, want)
				break
			}
		}
	}
}

func TestThumbnails(t *testing.T) {
	t.Parallel()
	e := settle(newWorld(t, dbtest.OnSQLite()))
	for _, c := range []struct {
		kind                  string
		width, height         int
		toWidth, toHeight     int
		crop                  bool
		wantWidth, wantHeight int
	}{
		{"png", 64, 32, 16, 16, false, 16, 8},
		{"jpeg", 64, 32, 16, 16, false, 16, 8},
		{"gif", 64, 32, 16, 16, false, 16, 8},
		{"png", 32, 64, 16, 16, false, 8, 16},
		{"png", 64, 32, 16, 16, true, 16, 16},
		{"png", 32, 64, 16, 8, true, 16, 8},
		{"png", 64, 32, 2048, 2048, false, 64, 32}, // it does not grow
		{"png", 64, 32, 128, 128, true, 128, 128},  // unless it has to
		{"png", 64, 32, 1, 1, false, 1, 1},
		{"png", 6000, 2, 100, 100, false, 100, 1},
		{"jpeg", 2, 6000, 100, 100, false, 1, 100},
		{"png", 6000, 2, 10, 100, true, 10, 100},
	} {
		what := fmt.Sprintf("%+v", c)
		a := e.attach("a."+c.kind, encode(t, c.kind, quarters(c.width, c.height, false)))
		if !a.Image || a.MediaType != "image/"+c.kind {
			e.Errorf("%s is attached as %+v", what, a)
		}
		kind, small := e.thumbnail(a.ID, c.toWidth, c.toHeight, c.crop)
		if kind != "image/jpeg" || small.Bounds().Dx() != c.wantWidth || small.Bounds().Dy() != c.wantHeight {
			e.Errorf("%s becomes %s of %v", what, kind, small.Bounds())
		}
		if c.wantWidth > 7 && c.wantHeight > 7 && c.height > 2 {
			e.quartered(what, small, false)
		}
	}
	for _, kind := range []string{"png", "gif"} {
		a := e.attach("a", encode(t, kind, quarters(64, 32, true)))
		got, small := e.thumbnail(a.ID, 16, 16, false)
		if got != "image/png" {
			e.Errorf("what one sees through becomes %s", got)
		}
		e.quartered(kind, small, true)
	}
	webp, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=")
	e.ok(err)
	if _, small := e.thumbnail(e.attach("a.webp", string(webp)).ID, 8, 8, false); small.Bounds() != image.Rect(0, 0, 1, 1) {
		e.Errorf("a WebP becomes one of %v", small.Bounds())
	}
}

// exif puts a tag Orientation into a JPEG.
func exif(jpg string, orientation uint16, order binary.AppendByteOrder, name string) string {
	b := append([]byte("Exif\x00\x00"), name...)
	b = order.AppendUint32(order.AppendUint16(b, 42), 8)
	b = order.AppendUint16(b, 2)
	for _, tag := range []struct{ tag, value uint16 }{{0x0100, 9}, {0x0112, orientation}} {
		b = order.AppendUint16(order.AppendUint16(b, tag.tag), 3)
		b = order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), tag.value), 0)
	}
	b = order.AppendUint32(b, 0)
	return jpg[:2] + "\xff\xe1" + string(binary.BigEndian.AppendUint16(nil, uint16(len(b)+2))) + string(b) + jpg[2:]
}

// Images are seen as they were taken. What the values mean is said in EXIF: where
// the first row and the first column are.
func TestOrientation(t *testing.T) {
	t.Parallel()
	e := settle(newWorld(t, dbtest.OnSQLite()))
	const w, h = 32, 16
	seen := quarters(w, h, false)
	where := map[uint16]func(row, column int) (x, y int){
		1: func(r, c int) (int, int) { return c, r },
		2: func(r, c int) (int, int) { return w - 1 - c, r },
		3: func(r, c int) (int, int) { return w - 1 - c, h - 1 - r },
		4: func(r, c int) (int, int) { return c, h - 1 - r },
		5: func(r, c int) (int, int) { return r, c },
		6: func(r, c int) (int, int) { return w - 1 - r, c },
		7: func(r, c int) (int, int) { return w - 1 - r, h - 1 - c },
		8: func(r, c int) (int, int) { return r, h - 1 - c },
	}
	for value, place := range where {
		kept := image.NewNRGBA(image.Rect(0, 0, w, h))
		if value >= 5 {
			kept = image.NewNRGBA(image.Rect(0, 0, h, w))
		}
		for r := range kept.Rect.Dy() {
			for c := range kept.Rect.Dx() {
				x, y := place(r, c)
				kept.Set(c, r, seen.At(x, y))
			}
		}
		jpg := encode(t, "jpeg", kept)
		for _, text := range []string{exif(jpg, value, binary.BigEndian, "MM"), exif(jpg, value, binary.LittleEndian, "II")} {
			a := e.attach("a.jpg", text)
			_, small := e.thumbnail(a.ID, w, h, false)
			if small.Bounds() != image.Rect(0, 0, w, h) {
				e.Errorf("turned by %d it is %v", value, small.Bounds())
			}
			e.quartered(fmt.Sprint("turned by ", value), small, false)
			_, small = e.thumbnail(a.ID, 16, 4, true)
			if small.Bounds() != image.Rect(0, 0, 16, 4) {
				e.Errorf("turned by %d and cropped it is %v", value, small.Bounds())
			}
		}
	}
	// What makes no sense turns nothing.
	jpg := encode(t, "jpeg", seen)
	for _, text := range []string{
		exif(jpg, 0, binary.BigEndian, "MM"), exif(jpg, 9, binary.BigEndian, "MM"), exif(jpg, 6, binary.BigEndian, "II"),
		jpg[:2] + "\xff\xe1\x00\x08Exif\x00\x00" + jpg[2:], jpg[:2] + "\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff" + jpg[2:],
	} {
		_, small := e.thumbnail(e.attach("a.jpg", text).ID, w, h, false)
		e.quartered("turned by nonsense", small, false)
	}
}

// Nothing of an image but its pixels is in what is drawn of it.
func TestThumbnailsTellNothing(t *testing.T) {
	t.Parallel()
	e := settle(newWorld(t, dbtest.OnSQLite()))
	jpg := encode(t, "jpeg", quarters(16, 16, false))
	secret := "where it was taken"
	text := jpg[:2] + "\xff\xfe\x00" + string(rune(len(secret)+2)) + secret + jpg[2:]
	a := e.attach("a.jpg", text)
	_, small, err := e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature, a.ID, 16, 16, false)
	e.ok(err)
	if !strings.Contains(e.read(a.ID), secret) || bytes.Contains(small, []byte(secret)) {
		e.Error("it tells where it was taken")
	}
}

// A thumbnail is drawn once, and kept as long as what it was drawn of.
func TestThumbnailsAreKept(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		a := e.attach("a.png", encode(t, "png", quarters(64, 64, false)))
		draw := func(size int) string {
			_, text, err := e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature, a.ID, size, size, false)
			e.ok(err)
			return string(text)
		}
		first := draw(8)
		for range 2 {
			if draw(8) != first {
				e.Error("it is drawn differently")
			}
		}
		e.swept(2)
		for size := range 20 {
			draw(9 + size)
		}
		e.swept(1 + 16) // others are drawn each time
		replaced, err := e.features.UpdateAttachment(e.Context(), e.owner, e.layer, e.feature, a.ID,
			e.send("b.png", encode(t, "png", quarters(4, 4, true))), func(*feature.Attachment) error { return nil })
		e.ok(err)
		if !replaced.Image || draw(8) == first {
			e.Error("what is drawn is of what was replaced")
		}
		e.swept(2)
		e.ok(e.features.Detach(e.Context(), e.owner, e.layer, e.feature, a.ID))
		e.swept(0)
	})
}

// large is the beginning of an image that says how large it is.
func large(kind string, width, height uint16, depth byte) string {
	b := binary.BigEndian
	switch kind {
	case "png":
		chunk := b.AppendUint32(b.AppendUint32([]byte("IHDR"), uint32(width)), uint32(height))
		chunk = append(chunk, depth, 2, 0, 0, 0)
		return "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + string(b.AppendUint32(chunk, crc32.ChecksumIEEE(chunk)))
	case "gif":
		l := binary.LittleEndian
		return "GIF89a" + string(l.AppendUint16(l.AppendUint16(nil, width), height)) + "\x00\x00\x00"
	case "progressive":
		return "\xff\xd8\xff\xc2\x00\x11\x08" + string(b.AppendUint16(b.AppendUint16(nil, height), width)) + "\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00\xff\xda\x00\x02"
	}
	return "\xff\xd8\xff\xc0\x00\x11\x08" + string(b.AppendUint16(b.AppendUint16(nil, height), width)) + "\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00\xff\xda\x00\x02"
}

func TestImagesThatAreNotDrawn(t *testing.T) {
	t.Parallel()
	e := settle(newWorld(t, dbtest.OnSQLite()))
	refused := func(what, content string, isImage bool, told string) {
		e.Helper()
		a := e.attach("a.png", content)
		if a.Image != isImage {
			e.Errorf("%s is attached as %+v", what, a)
		}
		_, _, err := e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature, a.ID, 8, 8, false)
		e.wants(err, feature.ErrNoImage)
		if err == nil || !strings.Contains(err.Error(), told) {
			e.Errorf("%s: %v, want it to tell %q", what, err, told)
		}
	}
	refused("a text", "words", false, "")
	refused("HTML", "<!DOCTYPE html><script>alert(1)</script>", false, "")
	refused("SVG", `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>`, false, "")
	refused("nothing", "", false, "")
	whole := encode(t, "png", quarters(64, 64, false))
	refused("half a PNG", whole[:len(whole)/2], true, "")
	half := encode(t, "jpeg", quarters(64, 64, false))
	refused("half a JPEG", half[:len(half)-20], true, "")
	// What is large when it is unpacked.
	const many = "more pixels"
	for _, kind := range []string{"png", "gif", "jpeg", "progressive"} {
		refused("a bomb of the kind "+kind, large(kind, 65535, 65535, 8), false, "")
		refused("a wide one of the kind "+kind, large(kind, 65535, 977, 8), false, "")
	}
	refused("a PNG that is too deep", large("png", 8000, 7000, 16), true, many)
	refused("a JPEG with too many coefficients", large("progressive", 8000, 7000, 8), true, many)
	refused("a JPEG that just fits, and is not all there", large("jpeg", 8000, 7000, 8), true, "invalid JPEG")

	a := e.attach("a.png", whole)
	for _, size := range [][2]int{{0, 8}, {8, 0}, {-1, 8}, {2049, 8}, {8, 2049}} {
		_, _, err := e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature, a.ID, size[0], size[1], false)
		e.invalid(err, "size")
	}
	for _, who := range []workspace.Actor{e.stranger, {Principal: rbac.Guest}} {
		_, _, err := e.features.Thumbnail(e.Context(), who, e.layer, e.feature, a.ID, 8, 8, false)
		e.wants(err, rbac.ErrDenied)
	}
	_, _, err := e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature, a.ID+1, 8, 8, false)
	e.wants(err, feature.ErrNoAttachment)
	_, _, err = e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature+1, a.ID, 8, 8, false)
	e.wants(err, feature.ErrNotFound)
	e.swept(len(e.list(e.layer, feature.Query{Attachments: true})[0].Attachments) - 1) // nothing was drawn, and nothing is kept of nothing
}
