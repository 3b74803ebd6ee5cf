// Smack over TCP with STARTTLS, or BOSH. Arguments: port, domain, user, password, resource, the CA's file, bosh or tcp.
// Its BOSH client trusts whom the JVM trusts.
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jivesoftware.smack.AbstractXMPPConnection;
import org.jivesoftware.smack.ConnectionConfiguration;
import org.jivesoftware.smack.bosh.BOSHConfiguration;
import org.jivesoftware.smack.bosh.XMPPBOSHConnection;
import org.jivesoftware.smack.filter.StanzaTypeFilter;
import org.jivesoftware.smack.packet.Message;
import org.jivesoftware.smack.packet.Presence;
import org.jivesoftware.smack.roster.Roster;
import org.jivesoftware.smack.tcp.XMPPTCPConnection;
import org.jivesoftware.smack.tcp.XMPPTCPConnectionConfiguration;
import org.jivesoftware.smackx.ping.PingManager;
import org.jivesoftware.smackx.pubsub.EventElement;
import org.jivesoftware.smackx.pubsub.ItemsExtension;
import org.jivesoftware.smackx.pubsub.LeafNode;
import org.jivesoftware.smackx.pubsub.PayloadItem;
import org.jivesoftware.smackx.pubsub.PubSubManager;
import org.jxmpp.jid.impl.JidCreate;

public class Smack {
    public static void main(String[] args) throws Exception {
        String domain = args[1], user = args[2];
        boolean bosh = args[6].equals("bosh");
        AbstractXMPPConnection connection = bosh ? byBosh(args) : byTcp(args);
        connection.addSyncStanzaListener(stanza -> presence((Presence) stanza), StanzaTypeFilter.PRESENCE);
        connection.addSyncStanzaListener(stanza -> message((Message) stanza), StanzaTypeFilter.MESSAGE);
        connection.connect().login();
        tell("session", "jid", connection.getUser().toString());
        Roster roster = Roster.getInstanceFor(connection);
        roster.reloadAndWait();
        if (!bosh && !connection.isSecureConnection() || !roster.contains(JidCreate.bareFrom("finesse@" + domain))) {
            throw new IllegalStateException("no TLS, or no finesse on the roster");
        }
        PubSubManager pubsub =
            PubSubManager.getInstanceFor(connection, JidCreate.domainBareFrom("pubsub." + domain));
        LeafNode node = pubsub.getLeafNode("/finesse/api/User/" + user);
        node.subscribe(connection.getUser());
        tell("subscribed");
        if (!PingManager.getInstanceFor(connection).pingMyServer()) {
            throw new IllegalStateException("no answer to a ping");
        }
        tell("ready");
        while (System.in.read() >= 0) { }
        connection.disconnect();
        tell("left");
    }

    static AbstractXMPPConnection byTcp(String[] args) throws Exception {
        return new XMPPTCPConnection(XMPPTCPConnectionConfiguration.builder()
            .setHostAddress(InetAddress.getByName("127.0.0.1"))
            .setPort(Integer.parseInt(args[0]))
            .setXmppDomain(args[1])
            .setUsernameAndPassword(args[2], args[3])
            .setResource(args[4])
            .setCustomX509TrustManager(trusting(args[5]))
            .build());
    }

    static AbstractXMPPConnection byBosh(String[] args) throws Exception {
        return new XMPPBOSHConnection(BOSHConfiguration.builder()
            .setUseHttps(true)
            .setHost("localhost")
            .setPort(Integer.parseInt(args[0]))
            .setFile("/http-bind/")
            .setXmppDomain(args[1])
            .setUsernameAndPassword(args[2], args[3])
            .setResource(args[4])
            .setSecurityMode(ConnectionConfiguration.SecurityMode.disabled)
            .build());
    }

    static void presence(Presence presence) {
        tell("presence", "from", presence.getFrom().toString());
    }

    static void message(Message message) {
        EventElement event = EventElement.from(message);
        ItemsExtension items = (ItemsExtension) event.getEvent();
        String payload = ((PayloadItem<?>) items.getItems().get(0)).getPayload().toXML("").toString();
        tell("event", "node", items.getNode(), "to", message.getTo().toString(), "text", textOf(payload));
    }

    static String textOf(String xml) {
        try {
            byte[] bytes = xml.getBytes(StandardCharsets.UTF_8);
            return DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(bytes)).getDocumentElement().getTextContent();
        } catch (Exception error) {
            throw new IllegalStateException(xml, error);
        }
    }

    static X509TrustManager trusting(String file) {
        try (FileInputStream in = new FileInputStream(file)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null);
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            return (X509TrustManager) trust.getTrustManagers()[0];
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    static synchronized void tell(String what, String... more) {
        StringBuilder line = new StringBuilder("{\"what\": " + quoted(what));
        for (int i = 0; i < more.length; i += 2) {
            line.append(", ").append(quoted(more[i])).append(": ").append(quoted(more[i + 1]));
        }
        System.out.println(line.append("}"));
        System.out.flush();
    }

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            out.append(c == '"' || c == '\\' || c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return out.append('"').toString();
    }
}
