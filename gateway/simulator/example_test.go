package simulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/tincay/hotline/gateway/simulator"
)

// A phone texts the line; the gateway, here five lines long, answers.
func Example() {
	gateway := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, `<Response><Message>You said: `+r.FormValue("Body")+`</Message></Response>`)
	})
	carrier := simulator.New(simulator.Options{
		AccountSID: "AC00000000000000000000000000000001",
		AuthToken:  "secret",
		Numbers:    []simulator.Number{{E164: "+84900000100", SMSURL: "https://hotline.example.vn/twilio/sms#rc=3&rp=all"}},
		Client:     &http.Client{Transport: simulator.InMemory(gateway)},
	})
	defer carrier.Close()

	ctx := context.Background()
	phone := carrier.Phone("+84900000001")
	if _, err := phone.Text(ctx, "+84900000100", "hello"); err != nil {
		fmt.Println(err)
		return
	}
	answer, err := phone.Next(ctx)
	fmt.Println(answer.From, answer.Body, err)
	// Output: +84900000100 You said: hello <nil>
}
