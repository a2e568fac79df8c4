package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.session.Event.AuthenticationAsked;
import dev.holdfast.mqtt.impl.session.Event.AuthenticationAsked.Question;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Who says what when client and server authenticate (MQTT 5, section 4.12), and what CONNECT brings
 * along for it. One exchange at a time, in which the application, which is asked by an event, and
 * the server speak in turns:
 *
 * <pre>
 * connect:           CONNECT → (AUTH 0x18 ← → AUTH 0x18)* → CONNACK → verified
 * re-authentication: AUTH 0x19 → (AUTH 0x18 ← → AUTH 0x18)* → AUTH 0x00 → verified
 * </pre>
 */
final class Authenticating {
    /** How often the server may ask in one exchange. */
    static final int MOST_ROUNDS = 32;

    private static final long NONE = -1;

    private final ClientSettings settings;
    private final @Nullable String method;
    private final Time time;
    private final Outbox outbox;
    private final ToLongFunction<Packet> encodedSize;

    /** Each question has its own number, so that an answer that comes late is known as such. */
    private long lastQuestion;

    /** What the application is asked at present; null if it is not its turn. */
    private @Nullable Question asked;

    /** Whether an exchange is under way in which it is the server's turn. */
    private boolean serversTurn;

    private int rounds;

    /** What the application said for the next CONNECT. */
    private @Nullable Answer forConnect;

    /** The CONNACK that is not to be believed before the application has verified the server. */
    private @Nullable Connack unverified;

    /** What came after {@link #unverified}; reading ends with the turn in which that came. */
    private List<Packet> early = List.of();

    /** The call of reauthenticate() that is under way, or {@link #NONE}. */
    private long reauthentication = NONE;

    private long reauthenticationEnds = Time.NEVER;

    /**
     * Whether the first AUTH of the re-authentication was sent: from then on its failure counts.
     */
    private boolean begun;

    Authenticating(
            ClientSettings settings, Time time, Outbox outbox, ToLongFunction<Packet> encodedSize) {
        this.settings = settings;
        this.method = settings.authentication() == null ? null : settings.authentication().method();
        this.time = time;
        this.outbox = outbox;
        this.encodedSize = encodedSize;
    }

    // ---- the application's turns

    /** Whether the application must be asked before each CONNECT. */
    boolean preparesConnect() {
        return method != null || settings.credentialsSupplier() != null;
    }

    void prepareConnect() {
        rounds = 0;
        ask(Question.CONNECT, null, Remarks.none());
    }

    private void ask(Question question, @Nullable ByteBuffer data, Remarks remarks) {
        asked = question;
        serversTurn = false;
        outbox.tell(new AuthenticationAsked(++lastQuestion, question, data, remarks));
    }

    /**
     * Takes note of an answer.
     *
     * @return what it answers; null if nobody waits for it any more
     */
    @Nullable Question answered(long question) {
        if (question != lastQuestion) {
            return null;
        }
        Question answered = asked;
        asked = null;
        return answered;
    }

    /** The answer to {@link Question#CONNECT}. */
    void prepared(Answer answer) {
        forConnect = answer;
    }

    @Nullable String method() {
        return method;
    }

    /** What the next CONNECT brings along; after it, it is the server's turn. */
    Answer takeForConnect() {
        Answer answer = forConnect;
        forConnect = null;
        serversTurn = method != null;
        return answer == null ? new Answer(settings.credentials(), null, null) : answer;
    }

    /**
     * Sends what the application answered.
     *
     * @return whether the server takes a packet of this size
     */
    boolean send(Question answered, Answer answer, long maximumPacketSize) {
        boolean first = answered == Question.REAUTHENTICATE;
        ReasonCode reason = first ? ReasonCode.RE_AUTHENTICATE : ReasonCode.CONTINUE_AUTHENTICATION;
        String words = answer.remarks().reasonString().orElse(null);
        Auth auth = auth(reason, answer, words, answer.remarks().userProperties());
        if (!isTaken(auth, maximumPacketSize)) {
            auth = auth(reason, answer, words, List.of());
        }
        if (!isTaken(auth, maximumPacketSize)) {
            auth = auth(reason, answer, null, List.of());
        }
        if (!isTaken(auth, maximumPacketSize)) {
            return false;
        }
        outbox.send(auth);
        begun = begun || first;
        serversTurn = true;
        return true;
    }

    private Auth auth(
            ReasonCode reason,
            Answer answer,
            @Nullable String words,
            List<UserProperty> properties) {
        return new Auth(reason, Objects.requireNonNull(method), answer.data(), words, properties);
    }

    private boolean isTaken(Auth auth, long maximumPacketSize) {
        return encodedSize.applyAsLong(auth) <= maximumPacketSize;
    }

    // ---- the server's turns

    void received(Auth auth) {
        if (method == null) {
            throw ProtocolViolation.protocolError(
                    "AUTH, though CONNECT had no Authentication Method");
        }
        requireSame(auth.authenticationMethod(), "AUTH");
        if (!serversTurn) {
            throw ProtocolViolation.protocolError("AUTH, though it is not the server's turn");
        }
        if (auth.reason() == ReasonCode.SUCCESS) {
            requireReauthentication();
            ask(Question.FINISH, auth.authenticationData(), remarks(auth));
        } else if (++rounds > MOST_ROUNDS) {
            throw new ProtocolViolation(
                    ReasonCode.QUOTA_EXCEEDED,
                    "it asked more than " + MOST_ROUNDS + " times in one authentication");
        } else {
            ask(Question.ANSWER, auth.authenticationData(), remarks(auth));
        }
    }

    private static Remarks remarks(Auth auth) {
        return remarks(auth.reasonString(), auth.userProperties());
    }

    private static Remarks remarks(@Nullable String words, List<UserProperty> properties) {
        return words == null && properties.isEmpty()
                ? Remarks.none()
                : new Remarks(Optional.ofNullable(words), properties);
    }

    private void requireReauthentication() {
        if (reauthentication == NONE) {
            throw ProtocolViolation.protocolError(
                    "AUTH with Success before CONNACK, which alone may say that");
        }
    }

    /** A CONNACK of success. */
    void requireInTurn(Connack c) {
        if (method == null) {
            if (c.authenticationMethod() != null) {
                throw ProtocolViolation.protocolError(
                        "CONNACK with Authentication Method, though CONNECT had none");
            }
            return;
        }
        requireSame(c.authenticationMethod(), "CONNACK");
        if (!serversTurn) {
            throw ProtocolViolation.protocolError(
                    "CONNACK of success before the answer to the server's AUTH");
        }
    }

    private void requireSame(@Nullable String given, String packet) {
        if (!Objects.equals(method, given)) {
            throw ProtocolViolation.protocolError(
                    packet
                            + (given == null ? " without" : " with another")
                            + " Authentication Method than CONNECT");
        }
    }

    /** Has the application verify the server, if it is to; until then nothing counts. */
    boolean verify(Connack c) {
        if (method == null) {
            return false;
        }
        unverified = c;
        Remarks remarks = remarks(c.reasonString(), c.userProperties());
        ask(Question.FINISH, c.authenticationData(), remarks);
        return true;
    }

    boolean isVerifying() {
        return unverified != null;
    }

    /** The server is verified. */
    Connack verified() {
        Connack c = Objects.requireNonNull(unverified, "no CONNACK is being verified");
        unverified = null;
        return c;
    }

    /** Keeps a packet that came before the server was verified. */
    void hold(Packet packet) {
        if (early.isEmpty()) {
            early = new ArrayList<>();
        }
        early.add(packet);
    }

    List<Packet> takeHeld() {
        List<Packet> held = early;
        early = List.of();
        return held;
    }

    // ---- re-authentication

    void reauthenticate(long token, boolean connected) {
        if (!connected) {
            refuse(
                    token,
                    new MqttException.ConnectionLost(
                            "There is no connection to authenticate anew; each connect()"
                                    + " authenticates by itself",
                            null,
                            false));
        } else if (reauthentication != NONE) {
            refuse(
                    token,
                    new MqttException.AuthenticationFailed(
                            "Another re-authentication is under way: wait for it", null, false));
        } else {
            Objects.requireNonNull(method, "reauthenticate() without an Authentication Method");
            reauthentication = token;
            reauthenticationEnds = time.now + settings.connectTimeout().toMillis();
            begun = false;
            rounds = 0;
            ask(Question.REAUTHENTICATE, null, Remarks.none());
        }
    }

    private void refuse(long token, MqttException cause) {
        outbox.tell(new Event.ReauthenticationFailed(token, cause));
    }

    /** Server and application are content. */
    void reauthenticated() {
        outbox.tell(new Event.Reauthenticated(reauthentication));
        reauthentication = NONE;
        reauthenticationEnds = Time.NEVER;
    }

    /** Whether the server knows of the exchange, so that its failure ends the connection. */
    boolean failsConnection() {
        return reauthentication == NONE || begun;
    }

    boolean isLate() {
        return time.now >= reauthenticationEnds;
    }

    MqttException tooLate() {
        return new MqttException.AuthenticationFailed(
                "The re-authentication took longer than "
                        + settings.connectTimeout().toMillis()
                        + " ms: "
                        + (asked == null ? "the server" : "authentication(…)")
                        + " gave no answer",
                null,
                false);
    }

    long deadline() {
        return reauthenticationEnds;
    }

    // ---- the end

    /** Whether the application has the turn, so that it is who is slow. */
    boolean waitsForApplication() {
        return asked != null;
    }

    /** The exchange under way, if there is one, is over; answers to its questions are too late. */
    void end(MqttException cause) {
        asked = null;
        serversTurn = false;
        forConnect = null;
        unverified = null;
        early = List.of();
        if (reauthentication != NONE) {
            refuse(reauthentication, cause);
            reauthentication = NONE;
            reauthenticationEnds = Time.NEVER;
        }
    }
}
