package simulator

import (
	"cmp"
	"maps"
	"net/http"
	"strconv"
)

// row is one resource of a list, and its place in the order of creation.
type row struct {
	seq      int
	sid      string
	resource any
}

// writePage answers with a page of rows, which are newest first, under the
// name. As with messages a PageToken names the row at the page's border, so
// what is created while a client turns pages neither shifts nor repeats any.
func writePage(w http.ResponseWriter, r *http.Request, name string, rows []row, seqOf func(sid string) (int, bool)) {
	query := r.URL.Query()
	size, errSize := strconv.Atoi(cmp.Or(query.Get("PageSize"), strconv.Itoa(defaultPageSize)))
	number, errNumber := strconv.Atoi(cmp.Or(query.Get("Page"), "0"))
	if errSize != nil || errNumber != nil || size < 1 || number < 0 {
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	}
	size = min(size, maxPageSize)
	start := min(number*size, len(rows))
	if token := query.Get("PageToken"); token != "" {
		side := token[:min(2, len(token))]
		border, known := seqOf(token[len(side):])
		if !known || side != "PA" && side != "PB" {
			refusal(http.StatusBadRequest, 20001).write(w)
			return
		}
		newer, reached := 0, 0
		for _, row := range rows {
			if row.seq > border {
				newer++
			}
			if row.seq >= border {
				reached++
			}
		}
		if start = reached; side == "PB" {
			start = max(newer-size, 0)
		}
	}
	end := min(start+size, len(rows))
	uri := func(number int, token string) string {
		q := maps.Clone(query)
		q.Set("PageSize", strconv.Itoa(size))
		q.Set("Page", strconv.Itoa(number))
		q.Del("PageToken")
		if token != "" {
			q.Set("PageToken", token)
		}
		return r.URL.Path + "?" + q.Encode()
	}
	shown := []any{}
	for _, row := range rows[start:end] {
		shown = append(shown, row.resource)
	}
	page := map[string]any{
		name: shown, "uri": r.URL.RequestURI(), "first_page_uri": uri(0, ""), "page": number, "page_size": size,
		"start": number * size, "end": number*size + max(end-start-1, 0),
		"next_page_uri": nil, "previous_page_uri": nil,
	}
	if end < len(rows) && end > start {
		page["next_page_uri"] = uri(number+1, "PA"+rows[end-1].sid)
	}
	if number > 0 && start > 0 && start < len(rows) {
		page["previous_page_uri"] = uri(number-1, "PB"+rows[start].sid)
	}
	writeJSON(w, http.StatusOK, page)
}
