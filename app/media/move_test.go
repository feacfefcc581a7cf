package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/media"
	"badala/app/media/s3test"
	"badala/app/queue"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// removal is an install with files in its database and a bucket to move to.
type removal struct {
	world
	t      *testing.T
	s3     media.S3Options
	bucket *minio.Client
	files  map[int64][]byte
}

func newRemoval(t *testing.T, sizes ...int) *removal {
	t.Helper()
	r := &removal{world: open(t, media.Options{}), t: t, s3: s3test.Start(t), files: map[int64][]byte{}}
	var err error
	r.bucket, err = minio.New(strings.TrimPrefix(r.s3.Endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4(r.s3.AccessKey, r.s3.SecretKey, ""), Region: r.s3.Region})
	r.ok(err)
	for i, n := range sizes {
		data := append(noise(n), byte(i))
		r.files[r.store(t, data, media.StoreOptions{}).ID] = data
	}
	r.Service = r.with(nil)
	return r
}

func (r *removal) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// with is the service that reaches the bucket through a transport.
func (r *removal) with(via http.RoundTripper) *media.Service {
	r.t.Helper()
	o := r.s3
	o.Transport = via
	s, err := media.New(r.t.Context(), r.db, queue.New(r.db, nil), nil, media.Options{S3: &o})
	r.ok(err)
	return s
}

// objects are the names in the bucket.
func (r *removal) objects() (names []string) {
	r.t.Helper()
	for o := range r.bucket.ListObjects(r.t.Context(), r.s3.Bucket, minio.ListObjectsOptions{Recursive: true}) {
		r.ok(o.Err)
		names = append(names, o.Key)
	}
	return names
}

// lies says in which store each file is by its row.
func (r *removal) lies() (inDB, inBucket int64) {
	r.t.Helper()
	inDB, _, err := media.ToMove(r.db.Read(r.t.Context()), media.InBucket)
	r.ok(err)
	inBucket, _, err = media.ToMove(r.db.Read(r.t.Context()), media.InDatabase)
	r.ok(err)
	return inDB, inBucket
}

// whole says whether every file can be read and is what it was.
func (r *removal) whole() {
	r.t.Helper()
	for id, data := range r.files {
		m, err := media.ByID(r.db.Read(r.t.Context()), org, id)
		r.ok(err)
		body, _, err := r.Open(r.t.Context(), org, m.Key)
		r.ok(err)
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, data) {
			r.t.Fatalf("file %d: %d bytes instead of %d, %v", id, len(got), len(data), err)
		}
		r.ok(body.Close())
	}
}

// settled says that no store has anything but the files that belong to it.
func (r *removal) settled(inDB, inBucket int) {
	r.t.Helper()
	r.whole()
	stored, err := db.Value[int](r.db.Read(r.t.Context()), "SELECT count(DISTINCT media_id) FROM media_chunk")
	r.ok(err)
	under, err := db.Value[int](r.db.Read(r.t.Context()), "SELECT count(*) FROM instance WHERE key LIKE 'media.moving.%'")
	r.ok(err)
	if n := len(r.objects()); n != inBucket || stored != inDB || under != 0 {
		r.t.Fatalf("%d files in the database, %d in the bucket, %d under way; want %d, %d, 0", stored, n, under, inDB, inBucket)
	}
	if a, b := r.lies(); a != int64(inDB) || b != int64(inBucket) {
		r.t.Fatalf("the rows say %d and %d", a, b)
	}
}

func TestFilesAreMovedBothWays(t *testing.T) {
	t.Parallel()
	r := newRemoval(t, 1, 3<<10, 256<<10, 6<<20)
	picture := encode(t, "jpeg", pattern(600, 300))
	before, err := media.New(t.Context(), r.db, queue.New(r.db, nil), nil, media.Options{})
	r.ok(err)
	m, err := before.Store(t.Context(), org, bytes.NewReader(picture), media.StoreOptions{})
	r.ok(err)
	r.files[m.ID] = picture
	var told int64
	moved, err := r.Move(t.Context(), media.InBucket, func(done, total int64) { told = total - done })
	if err != nil || moved.Files != 5 || moved.Missed != 0 || told != 0 {
		t.Fatalf("%+v, %d left, %v", moved, told, err)
	}
	r.settled(0, 5)
	if n := r.rows(t); n[2] != 1 {
		t.Errorf("%d previews are left", n[2])
	}
	if moved, err := r.Move(t.Context(), media.InBucket, nil); err != nil || moved.Files != 0 {
		t.Errorf("again: %+v %v", moved, err)
	}
	if moved, err := r.Move(t.Context(), media.InDatabase, nil); err != nil || moved.Files != 5 {
		t.Errorf("back: %+v %v", moved, err)
	}
	r.settled(5, 0)
}

func TestAMoveNeedsABucket(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	w.store(t, []byte("hello"), media.StoreOptions{})
	if _, err := w.Move(t.Context(), media.InBucket, nil); err == nil || !strings.Contains(err.Error(), "--s3-bucket") {
		t.Error(err)
	}
	if _, err := w.Move(t.Context(), media.InDatabase, nil); err != nil {
		t.Errorf("nothing to move: %v", err)
	}
}

// cutter lets so many requests through and then ends the move, as a crash would.
type cutter struct {
	left atomic.Int64
	end  context.CancelFunc
}

var errCut = errors.New("cut off")

func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.left.Add(-1) < 0 {
		c.end()
		return nil, errCut
	}
	// What the bucket was asked for comes to its end, or it would answer after the test looked.
	return http.DefaultTransport.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
}

func TestAMoveThatIsCutOffLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, to := range []string{media.InBucket, media.InDatabase} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			r := newRemoval(t, 10, 300<<10, 20, 600<<10, 30)
			if to == media.InDatabase {
				_, err := r.Move(t.Context(), media.InBucket, nil)
				r.ok(err)
			}
			cuts := 0
			for after := int64(1); ; after++ {
				ctx, cancel := context.WithCancel(t.Context())
				c := &cutter{end: cancel}
				c.left.Store(after)
				_, err := r.with(c).Move(ctx, to, nil)
				cancel()
				r.whole()
				if err == nil {
					break
				}
				cuts++
			}
			if cuts < 5 {
				t.Errorf("cut only %d times", cuts)
			}
			want := [2]int{0, 5}
			if to == media.InDatabase {
				want = [2]int{5, 0}
			}
			r.settled(want[0], want[1])
		})
	}
}

func TestWhatIsMissingOrDamagedIsToldAndLeft(t *testing.T) {
	t.Parallel()
	r := newRemoval(t, 100, 300<<10, 200, 50)
	_, err := r.Move(t.Context(), media.InBucket, nil)
	r.ok(err)
	names := r.objects()
	put := func(name string, change func([]byte) []byte) {
		o, err := r.bucket.GetObject(t.Context(), r.s3.Bucket, name, minio.GetObjectOptions{})
		r.ok(err)
		data, err := io.ReadAll(o)
		r.ok(err)
		data = change(data)
		_, err = r.bucket.PutObject(t.Context(), r.s3.Bucket, name, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{})
		r.ok(err)
	}
	r.ok(r.bucket.RemoveObject(t.Context(), r.s3.Bucket, names[0], minio.RemoveObjectOptions{}))
	put(names[1], func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	put(names[2], func(b []byte) []byte { return b[:len(b)-1] })
	moved, err := r.Move(t.Context(), media.InDatabase, nil)
	if err != nil || moved.Files != 1 || moved.Missed != 3 {
		t.Fatalf("%+v %v", moved, err)
	}
	got := map[string]string{}
	for _, l := range moved.Left {
		got["orgs/"+db.FormatID("org", l.Org)+"/uploads/"+l.Key] = l.Reason
		delete(r.files, l.ID)
	}
	for name, want := range map[string]string{names[0]: media.LeftMissing, names[1]: media.LeftDamaged, names[2]: media.LeftDamaged} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if a, b := r.lies(); a != 1 || b != 3 {
		t.Errorf("the rows say %d and %d", a, b)
	}
	if n, err := db.Value[int](r.db.Read(t.Context()), "SELECT count(DISTINCT media_id) FROM media_chunk"); err != nil || n != 1 {
		t.Errorf("%d files have pieces in the database, want the one, %v", n, err)
	}
	r.whole()
	if left := r.objects(); !slices.Contains(left, names[1]) || len(left) != 2 {
		t.Errorf("in the bucket: %v", left)
	}
}

// passing calls fn at each request to the bucket.
type passing func(r *http.Request)

func (p passing) RoundTrip(r *http.Request) (*http.Response, error) {
	p(r)
	return http.DefaultTransport.RoundTrip(r)
}

func TestAFileThatIsErasedMeanwhileIsNowhere(t *testing.T) {
	t.Parallel()
	r := newRemoval(t, 300<<10)
	var id int64
	for id = range r.files {
	}
	moved, err := r.with(passing(func(req *http.Request) {
		if req.Method == http.MethodPut {
			r.erase(t, id)
		}
	})).Move(t.Context(), media.InBucket, nil)
	if err != nil || moved.Files != 0 || moved.Missed != 0 {
		t.Errorf("%+v %v", moved, err)
	}
	if left := r.objects(); len(left) > 0 {
		t.Errorf("in the bucket: %v", left)
	}
	r.run(t)
	r.empty(t)
}

func TestAReaderFollowsAFileThatIsMoved(t *testing.T) {
	t.Parallel()
	r := newRemoval(t, 700<<10)
	for id, data := range r.files {
		m, err := media.ByID(r.db.Read(t.Context()), org, id)
		r.ok(err)
		body, _, err := r.Open(t.Context(), org, m.Key)
		r.ok(err)
		defer body.Close()
		head := make([]byte, 300<<10)
		_, err = io.ReadFull(body, head)
		r.ok(err)
		_, err = r.Move(t.Context(), media.InBucket, nil)
		r.ok(err)
		rest, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(append(head, rest...), data) {
			t.Errorf("%d bytes more, %v", len(rest), err)
		}
	}
}

// TestLeftoversGoByThemselves is for a move that was cut off and never begun again.
func TestLeftoversGoByThemselves(t *testing.T) {
	t.Parallel()
	r := newRemoval(t, 300<<10, 10)
	for cut := int64(1); ; cut++ {
		ctx, cancel := context.WithCancel(t.Context())
		c := &cutter{end: cancel}
		c.left.Store(cut)
		_, err := r.with(c).Move(ctx, media.InBucket, nil)
		cancel()
		if err == nil {
			break
		}
		r.clock.add(2 * time.Hour)
		r.ok(r.Clean(t.Context()))
		inDB, inBucket := r.lies()
		r.settled(int(inDB), int(inBucket))
	}
}

// A copy of the database that was put in place takes nothing from the bucket.
func TestACopyForgetsAMoveThatWasCutOff(t *testing.T) {
	t.Parallel()
	r := newRemoval(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	c := &cutter{end: cancel}
	c.left.Store(2) // the bucket is asked for, the file put
	_, err := r.with(c).Move(ctx, media.InBucket, nil)
	cancel()
	if err == nil || len(r.objects()) != 1 {
		t.Fatal(r.objects(), err)
	}
	r.ok(r.db.Write(t.Context(), media.ForgetMovesTx))
	r.clock.add(2 * time.Hour)
	r.ok(r.Clean(t.Context()))
	if len(r.objects()) != 1 {
		t.Error("the object of the original is gone")
	}
}

func TestTheServerMovesFilesWhenAsked(t *testing.T) {
	t.Parallel()
	r := newRemoval(t, 10, 300<<10)
	q := queue.New(r.db, nil)
	s, err := media.New(t.Context(), r.db, q, nil, media.Options{S3: &r.s3})
	r.ok(err)
	r.queue = q
	r.run(t)
	for _, to := range []string{media.InBucket, media.InDatabase} {
		r.ok(s.AskMove(t.Context(), to))
		st := r.ended()
		if st.To != to || st.Error != "" || st.Moved.Files != 2 {
			t.Errorf("%+v", st)
		}
	}
	r.settled(2, 0)
	r.ok(r.bucket.RemoveBucket(t.Context(), r.s3.Bucket))
	r.ok(s.AskMove(t.Context(), media.InBucket))
	if st := r.ended(); st.Error == "" {
		t.Error("without a bucket it ended well")
	}
	r.whole()
}

// ended waits for the move that was asked for.
func (r *removal) ended() media.MoveState {
	r.t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		st, err := media.LastMove(r.db.Read(r.t.Context()))
		r.ok(err)
		if st.Ended {
			return st
		}
		if time.Now().After(until) {
			r.t.Fatalf("%+v", st)
		}
	}
}
