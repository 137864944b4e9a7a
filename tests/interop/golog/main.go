// Test only: transparency logs written and checked by golang.org/x/mod/sumdb (tlog, note), code that Samband did not
// write. Usage:
//
//	golog write DIR SIZE [-own] [-older SIZE] [-sumdb]  a log in DIR; prints its verifier key
//	golog check DIR VKEY                       checkpoint, tiles, and every entry that is there
//	golog prove DIR VKEY INDEX                 a C2SP tlog-proof on standard output
//	golog receipt FILE VKEY                    a tlog-proof whose extra line is the entry
//	golog consistency OLD DIR VKEY             is the checkpoint OLD the beginning of the log in DIR?
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "golog.example/log"

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "golog:", err)
		os.Exit(1)
	}
}

func fail(text string) { must(fmt.Errorf("%s", text)) }

// The Go checksum database has the height of its tiles in the path; C2SP has not.
func pathOf(t tlog.Tile) string { return strings.Replace(t.Path(), "tile/8/", "tile/", 1) }

func save(dir, name string, data []byte) {
	path := filepath.Join(dir, name)
	must(os.MkdirAll(filepath.Dir(path), 0o755))
	must(os.WriteFile(path, data, 0o644))
}

// ---- writing -------------------------------------------------------------------------------------------------------

type stored []tlog.Hash

func (s *stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = (*s)[index]
	}
	return out, nil
}

// CBOR's shortest head.
func head(b *bytes.Buffer, major byte, n uint64) {
	if n < 24 {
		b.WriteByte(major<<5 | byte(n))
		return
	}
	low, width := byte(24), 1
	for ; width < 8 && n >= 1<<(8*width); width *= 2 {
		low++
	}
	b.WriteByte(major<<5 | low)
	for k := width - 1; k >= 0; k-- {
		b.WriteByte(byte(n >> (8 * k)))
	}
}

func text(b *bytes.Buffer, major byte, s string) {
	head(b, major, uint64(len(s)))
	b.WriteString(s)
}

// An entry as docs/ledger-format.md describes it: a decision, and after each its acknowledgement.
func own(i int64) []byte {
	var b bytes.Buffer
	exchange := fmt.Sprintf("019a8f00-0000-7000-8000-%012x", i&^1)
	acknowledges := i%2 == 1
	b.WriteByte(0xab)
	b.Write([]byte{1, 1, 2, map[bool]byte{true: 3, false: 1}[acknowledges], 3})
	text(&b, 2, fmt.Sprintf("event-%010d", i%1e10))
	b.Write([]byte{4, 0x1b})
	binary.Write(&b, binary.BigEndian, uint64(1795000000000+i))
	b.WriteByte(5)
	text(&b, 3, "police-west")
	b.WriteByte(6)
	text(&b, 3, "social-board-north")
	b.WriteByte(7)
	text(&b, 3, exchange)
	b.WriteByte(8)
	text(&b, 3, map[bool]string{true: "received", false: "partial"}[acknowledges])
	b.Write([]byte{9, 0x84})
	for _, code := range []string{"POL-SN-15-17", "SN-REPORTER-ANSWER", "POL-SN-CONCERN-UNDER-18", "cleared"} {
		text(&b, 3, code)
	}
	b.WriteByte(10)
	text(&b, 2, strings.Repeat("r", 32))
	if acknowledges {
		b.Write([]byte{11, 0x81})
		head(&b, 0, uint64(i-1))
	} else {
		b.WriteByte(12)
		text(&b, 2, strings.Repeat("c", 32))
	}
	return b.Bytes()
}

func any(i int64) []byte { return []byte(strings.Repeat("x", int(i%300)) + strconv.FormatInt(i, 10)) }

func write(dir string, size, older int64, entry func(int64) []byte, sumdb bool) {
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	must(err)
	signer, err := note.NewSigner(skey)
	must(err)
	var hashes stored
	publish := func(from, to int64, name string) {
		for _, tile := range tlog.NewTiles(8, from, to) {
			data, err := tlog.ReadTileData(tile, &hashes)
			must(err)
			path := pathOf(tile)
			if sumdb {
				path = tile.Path()
			}
			save(dir, path, data)
		}
		root, err := tlog.TreeHash(to, &hashes)
		must(err)
		signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, to, root)}, signer)
		must(err)
		save(dir, name, signed)
	}
	var bundle bytes.Buffer
	last := int64(0)
	for i := int64(0); i < size; i++ {
		e := entry(i)
		binary.Write(&bundle, binary.BigEndian, uint16(len(e)))
		bundle.Write(e)
		more, err := tlog.StoredHashes(i, e, &hashes)
		must(err)
		hashes = append(hashes, more...)
		n, partial := i/256, i%256 != 255
		if !partial || i+1 == size || i+1 == older {
			t := tlog.Tile{H: 8, L: 0, N: n, W: int(i%256) + 1}
			if !sumdb {
				save(dir, strings.Replace(pathOf(t), "tile/0/", "tile/entries/", 1), bundle.Bytes())
			}
			if !partial {
				bundle.Reset()
			}
		}
		if i+1 == older {
			publish(0, older, "checkpoint.old")
			last = older
		}
		if !partial && (i+1)%(1<<20) == 0 {
			publish(last, i+1, "checkpoint")
			last = i + 1
		}
	}
	publish(last, size, map[bool]string{true: "latest", false: "checkpoint"}[sumdb])
	fmt.Println(vkey)
}

// ---- checking ------------------------------------------------------------------------------------------------------

func openNote(path, vkey string) (string, tlog.Tree) {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	data, err := os.ReadFile(path)
	must(err)
	return openBytes(data, verifier)
}

func openBytes(data []byte, verifier note.Verifier) (string, tlog.Tree) {
	opened, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("the checkpoint has not three lines, or is of another log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return string(data), tlog.Tree{N: size, Hash: root}
}

// Tiles of a folder. tlog authenticates what it reads against the tree's root.
type folder string

func (f folder) Height() int                         { return 8 }
func (f folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), pathOf(tile)))
		if err != nil {
			full := tile
			full.W = 256
			data, err = os.ReadFile(filepath.Join(string(f), pathOf(full)))
		}
		if err != nil {
			return nil, err
		}
		out[i] = data[:tile.W*tlog.HashSize]
	}
	return out, nil
}

func check(dir, vkey string) {
	_, tree := openNote(filepath.Join(dir, "checkpoint"), vkey)
	reader := tlog.TileHashReader(tree, folder(dir))
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	if root != tree.Hash {
		fail("the tiles give another root")
	}
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		t := tlog.Tile{H: 8, L: 0, N: first / 256, W: int(width)}
		data, err := os.ReadFile(filepath.Join(dir, strings.Replace(pathOf(t), "tile/0/", "tile/entries/", 1)))
		must(err)
		var indexes []int64
		var found []tlog.Hash
		for i := first; i < first+width; i++ {
			size := int(binary.BigEndian.Uint16(data))
			found = append(found, tlog.RecordHash(data[2:2+size]))
			data = data[2+size:]
			indexes = append(indexes, tlog.StoredHashIndex(0, i))
		}
		if len(data) != 0 {
			fail("a bundle has bytes after its last entry")
		}
		signed, err := reader.ReadHashes(indexes)
		must(err)
		for i := range signed {
			if signed[i] != found[i] {
				fail(fmt.Sprintf("entry %d is not what the tree holds", first+int64(i)))
			}
		}
	}
	fmt.Printf("ok: %d entries, root %s\n", tree.N, tree.Hash)
}

func prove(dir, vkey string, index int64) {
	signed, tree := openNote(filepath.Join(dir, "checkpoint"), vkey)
	proof, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, folder(dir)))
	must(err)
	fmt.Printf("c2sp.org/tlog-proof@v1\nindex %d\n", index)
	for _, hash := range proof {
		fmt.Println(hash)
	}
	fmt.Printf("\n%s", signed)
}

func receipt(path, vkey string) {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	data, err := os.ReadFile(path)
	must(err)
	head, signed, found := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") {
		fail("no receipt with its entry")
	}
	entry, err := base64.StdEncoding.DecodeString(lines[1][len("extra "):])
	must(err)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	must(err)
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		must(err)
		proof = append(proof, hash)
	}
	_, tree := openBytes([]byte(signed), verifier)
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	fmt.Printf("ok: entry %d of %d\n", index, tree.N)
}

func consistency(old, dir, vkey string) {
	_, before := openNote(old, vkey)
	_, after := openNote(filepath.Join(dir, "checkpoint"), vkey)
	proof, err := tlog.ProveTree(after.N, before.N, tlog.TileHashReader(after, folder(dir)))
	must(err)
	must(tlog.CheckTree(proof, after.N, after.Hash, before.N, before.Hash))
	fmt.Printf("ok: %d begins %d\n", before.N, after.N)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	must(err)
	return n
}

func main() {
	args := os.Args[1:]
	if len(args) < 3 {
		fail("see the top of main.go")
	}
	switch args[0] {
	case "write":
		entry, older, sumdb := any, int64(0), false
		for i := 3; i < len(args); i++ {
			switch args[i] {
			case "-own":
				entry = own
			case "-sumdb":
				sumdb = true
			case "-older":
				i++
				older = number(args[i])
			}
		}
		write(args[1], number(args[2]), older, entry, sumdb)
	case "check":
		check(args[1], args[2])
	case "prove":
		prove(args[1], args[2], number(args[3]))
	case "receipt":
		receipt(args[1], args[2])
	case "consistency":
		consistency(args[1], args[2], args[3])
	default:
		fail("no such command")
	}
}
