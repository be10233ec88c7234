// Fills in what Go's text/template makes of each case of a file: its output or its error. Run it where a Go is installed, after adding cases:
//
//	go run tools/go-template/main.go test/fixtures/go-template/cases.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"text/template"
)

// A Case is a template, what it runs with, and what Go made of it.
type Case struct {
	Name     string          `json:"name,omitempty"`
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data,omitempty"`
	// Query stands in the data as request.query, as a map[string]string.
	Query map[string]string `json:"query,omitempty"`
	// MissingKey is "error" where it is not said.
	MissingKey string  `json:"missingKey,omitempty"`
	Want       *string `json:"want,omitempty"`
	Error      *string `json:"error,omitempty"`
}

type file struct {
	MadeBy string `json:"madeBy"`
	Cases  []Case `json:"cases"`
}

func makeURL(text string) (string, error) {
	if strings.HasPrefix(text, "bad:") {
		return "", fmt.Errorf("no such scheme in %s", text)
	}
	return "http://10.75.0.1/file?name=" + url.QueryEscape(text), nil
}

func dataOf(c Case) (any, error) {
	var data any
	if len(c.Data) > 0 {
		if err := json.Unmarshal(c.Data, &data); err != nil {
			return nil, err
		}
	}
	if c.Query != nil {
		data.(map[string]any)["request"] = map[string]any{"query": c.Query}
	}
	return data, nil
}

func run(c Case) (string, error) {
	data, err := dataOf(c)
	if err != nil {
		panic(err)
	}
	missingKey := c.MissingKey
	if missingKey == "" {
		missingKey = "error"
	}
	t := template.New("case").Option("missingkey=" + missingKey).Funcs(template.FuncMap{"URL": makeURL})
	if t, err = t.Parse(c.Template); err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = t.Execute(&out, data)
	return out.String(), err
}

func encode(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(out.String())
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var all file
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n\"madeBy\": %s,\n\"cases\": [\n", encode(runtime.Version()))
	for i, c := range all.Cases {
		c.Want, c.Error = nil, nil
		if made, err := run(c); err != nil {
			message := err.Error()
			c.Error = &message
		} else {
			c.Want = &made
		}
		if i > 0 {
			out.WriteString(",\n")
		}
		out.WriteString(encode(c))
	}
	out.WriteString("\n]\n}\n")
	if err := os.WriteFile(os.Args[1], out.Bytes(), 0o644); err != nil {
		panic(err)
	}
}
