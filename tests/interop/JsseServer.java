import java.io.FileInputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A TLS server of Java's own stack with everything on that the stack still has: JsseServer PORT KEYSTORE PASSWORD SUITES PROTOCOLS. */
class JsseServer {
    public static void main(String[] arguments) throws Exception {
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        char[] password = arguments[2].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(arguments[1])) {
            store.load(file, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        int port = Integer.parseInt(arguments[0]);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 100, loopback);
        server.setEnabledProtocols(arguments[4].split(","));
        server.setEnabledCipherSuites(arguments[3].split(","));
        while (true) {
            SSLSocket client = (SSLSocket) server.accept();
            new Thread(() -> serve(client)).start();
        }
    }

    private static void serve(SSLSocket client) {
        try (client) {
            client.setSoTimeout(10_000);
            client.startHandshake();
            while (client.getInputStream().read() >= 0) { }
        } catch (Exception refused) {
            // What a client gets is what is looked at.
        }
    }
}
