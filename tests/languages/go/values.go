package main

import (
	"net/http"
	ex "os/exec"
	_ "x/driver"
	. "fmt"
	"gopkg.in/yaml.v3"
	"example.com/b/c/v2"
)

type Server struct {
	db   *sql.DB
	a, b int `json:"a"`
	Base
	*pkg.Other
}

type Store interface{ Get(key string) error }
type Table map[string]int

const A, B = 1, "x"

var global = load()
var h, k int

func (s *Server) Handle(w http.ResponseWriter, r *http.Request) (err error) {
	id, ok := r.URL.Query()["id"], true
	rows, err := s.db.Query("select " + r.FormValue("n"))
	cfg := &tls.Config{InsecureSkipVerify: true, Inner: Foo{A: 1}, List: []string{"a", id}, M: map[string]int{"k": 1, id: 2}}
	go func(a, b int, c ...string) { run(a) }(1, 2)
	p := *cfg
	q := rows.(string)
	b := []byte(q)
	part := b[1:len(b)]
	var buf [64]byte
	var e error = do()
	call(args...)
	s.n += 1
	s.n++
	ch <- p
	v := <-ch
	handler := func(x int) int { return x }
	raw := `select ` + "\n"
	return nil, part
}

func helper[T any](a, b int, _ string) T { return New[T](a) }

func New() *Server { return new(Server) }
