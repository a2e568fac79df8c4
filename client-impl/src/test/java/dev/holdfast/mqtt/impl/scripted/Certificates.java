package dev.holdfast.mqtt.impl.scripted;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * An authority that signs the certificates of servers. The few structures of X.509 that this takes
 * are written here byte by byte, since the JDK makes none.
 */
final class Certificates {
    private static final char[] PASSWORD = {};

    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int UTF8_STRING = 0x0C;
    private static final int UTC_TIME = 0x17;
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int DNS_NAME = 0x82;
    private static final int VERSION = 0xA0;
    private static final int EXTENSIONS = 0xA3;

    private static final byte[] COMMON_NAME = {6, 3, 0x55, 4, 3};
    private static final byte[] SUBJECT_ALTERNATIVE_NAME = {6, 3, 0x55, 0x1D, 0x11};
    private static final byte[] BASIC_CONSTRAINTS = {6, 3, 0x55, 0x1D, 0x13};
    private static final byte[] TRUE = {1, 1, -1};
    private static final byte[] ECDSA_WITH_SHA256 =
            der(SEQUENCE, new byte[] {6, 8, 0x2A, -122, 0x48, -50, 0x3D, 4, 3, 2});

    private final String name;
    private final KeyPair key = newKey();
    private final Certificate own;

    /** A new authority. */
    Certificates(String name) {
        this.name = name;
        byte[] isAuthority = der(SEQUENCE, TRUE);
        byte[] extension = der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(OCTET_STRING, isAuthority));
        own = sign(name, key, extension, Instant.now().minus(Duration.ofDays(1)));
    }

    /** What a client needs that trusts whom this authority vouches for, and nobody else. */
    SSLContext trusting() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry(name, own);
            TrustManagerFactory trust =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError("No trust could be made", e);
        }
    }

    /** What a server needs that vouches for itself. */
    static SSLContext selfSigned(String host) {
        Certificates itself = new Certificates(host);
        return context(itself.key, itself.sign(host, itself.key, hostName(host), yesterday()));
    }

    /** What a server of this host needs. */
    SSLContext server(String host) {
        return server(host, yesterday());
    }

    private static Instant yesterday() {
        return Instant.now().minus(Duration.ofDays(1));
    }

    /** What a server of this host needs, valid for 30 days. */
    SSLContext server(String host, Instant validFrom) {
        KeyPair serverKey = newKey();
        return context(serverKey, sign("server", serverKey, hostName(host), validFrom), own);
    }

    private static byte[] hostName(String host) {
        byte[] names = der(SEQUENCE, der(DNS_NAME, host.getBytes(StandardCharsets.US_ASCII)));
        return der(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, der(OCTET_STRING, names));
    }

    private static SSLContext context(KeyPair serverKey, Certificate... chain) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("server", serverKey.getPrivate(), PASSWORD, chain);
            KeyManagerFactory keys =
                    KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError("No server key could be made", e);
        }
    }

    private static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError("No key could be made", e);
        }
    }

    private Certificate sign(String subject, KeyPair subjectKey, byte[] extension, Instant from) {
        byte[] version3 = der(VERSION, der(INTEGER, new byte[] {2}));
        byte[] serial = der(INTEGER, new byte[] {1});
        byte[] validity = der(SEQUENCE, time(from), time(from.plus(Duration.ofDays(30))));
        byte[] toBeSigned =
                der(
                        SEQUENCE,
                        version3,
                        serial,
                        ECDSA_WITH_SHA256,
                        distinguishedName(name),
                        validity,
                        distinguishedName(subject),
                        subjectKey.getPublic().getEncoded(),
                        der(EXTENSIONS, der(SEQUENCE, extension)));
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(key.getPrivate());
            signature.update(toBeSigned);
            byte[] signed = der(BIT_STRING, new byte[] {0}, signature.sign());
            byte[] all = der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, signed);
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(all));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("No certificate could be made", e);
        }
    }

    private static byte[] distinguishedName(String name) {
        byte[] text = der(UTF8_STRING, name.getBytes(StandardCharsets.UTF_8));
        return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, text)));
    }

    private static byte[] time(Instant time) {
        String text =
                DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'")
                        .withZone(ZoneOffset.UTC)
                        .format(time);
        return der(UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** One element in Distinguished Encoding: its tag, its length, and what it is made of. */
    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        int length = content.size();
        if (length >= 256) {
            element.write(0x82);
            element.write(length >> 8);
        } else if (length >= 128) {
            element.write(0x81);
        }
        element.write(length);
        element.writeBytes(content.toByteArray());
        return element.toByteArray();
    }
}
