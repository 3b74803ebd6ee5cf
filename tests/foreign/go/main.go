// gosrc.io/xmpp over STARTTLS (host:port) or WebSocket (wss://). One argument, JSON; the CA comes by SSL_CERT_FILE.
package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"gosrc.io/xmpp"
	"gosrc.io/xmpp/stanza"
)

const limit = 30 * time.Second

// leaving: what the library's reader makes of a stream that it has closed itself is no failure.
var leaving atomic.Bool

var asked struct{ Service, Domain, User, Password, Resource string }

func tell(what string, more map[string]any) {
	told := map[string]any{"what": what}
	for name, value := range more {
		told[name] = value
	}
	line, _ := json.Marshal(told)
	fmt.Println(string(line))
}

func fail(why error) {
	tell("failed", map[string]any{"why": why.Error()})
	os.Exit(1)
}

// what an event of a node brings: the text of its one item.
type event struct {
	XMLName xml.Name `xml:"http://jabber.org/protocol/pubsub#event event"`
	Items   struct {
		Node string `xml:"node,attr"`
		Item struct {
			Notification string `xml:"notification"`
		} `xml:"item"`
	} `xml:"items"`
}

func init() {
	stanza.TypeRegistry.MapExtension(
		stanza.PKTMessage, xml.Name{Space: "http://jabber.org/protocol/pubsub#event", Local: "event"}, event{})
}

func ask(client xmpp.Sender, iq *stanza.IQ) {
	ctx, done := context.WithTimeout(context.Background(), limit)
	defer done()
	answer, err := client.SendIQ(ctx, iq)
	if err != nil {
		fail(err)
	}
	select {
	case got := <-answer:
		if got.Type != stanza.IQTypeResult {
			fail(fmt.Errorf("%s of %s was answered by %s", iq.Id, iq.To, got.Type))
		}
	case <-ctx.Done():
		fail(fmt.Errorf("no answer to %s of %s", iq.Id, iq.To))
	}
}

func request(kind stanza.StanzaType, to string, payload *stanza.Node) *stanza.IQ {
	iq, err := stanza.NewIQ(stanza.Attrs{Type: kind, To: to})
	if err != nil {
		fail(err)
	}
	iq.Any = payload
	return iq
}

func main() {
	if err := json.Unmarshal([]byte(os.Args[1]), &asked); err != nil {
		fail(err)
	}
	jid := asked.User + "@" + asked.Domain + "/" + asked.Resource
	router := xmpp.NewRouter()
	router.HandleFunc("presence", func(_ xmpp.Sender, packet stanza.Packet) {
		presence := packet.(stanza.Presence)
		tell("presence", map[string]any{"from": presence.From, "type": presence.Type})
	})
	router.HandleFunc("message", func(_ xmpp.Sender, packet stanza.Packet) {
		message := packet.(stanza.Message)
		var told event
		if message.Get(&told) {
			tell("event", map[string]any{
				"node": told.Items.Node, "to": message.To, "text": told.Items.Item.Notification})
		}
	})
	client, err := xmpp.NewClient(&xmpp.Config{
		TransportConfiguration: xmpp.TransportConfiguration{Address: asked.Service, Domain: asked.Domain},
		Jid:                    jid,
		Credential:             xmpp.Password(asked.Password),
	}, router, func(why error) {
		if !leaving.Load() {
			fail(why)
		}
	})
	if err != nil {
		fail(err)
	}
	if err := client.Connect(); err != nil {
		fail(err)
	}
	tell("session", map[string]any{"jid": jid})
	roster := request(stanza.IQTypeGet, "", nil)
	roster.RosterIQ()
	ask(client, roster)
	subscribe, err := stanza.NewSubRq("pubsub."+asked.Domain, stanza.SubInfo{
		Node: "/finesse/api/User/" + asked.User, Jid: jid})
	if err != nil {
		fail(err)
	}
	ask(client, subscribe)
	tell("subscribed", nil)
	ask(client, request(stanza.IQTypeGet, asked.Domain,
		&stanza.Node{XMLName: xml.Name{Space: "urn:xmpp:ping", Local: "ping"}}))
	tell("ready", nil)
	io.Copy(io.Discard, os.Stdin)
	leaving.Store(true)
	client.Disconnect()
	tell("left", nil)
}
