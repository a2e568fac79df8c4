package dev.holdfast.mqtt;

import dev.holdfast.mqtt.spi.ClientProvider;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.spi.DeclaredSubscription;
import dev.holdfast.mqtt.spi.EventLoops;
import dev.holdfast.mqtt.store.SessionStore;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Collects the settings of an {@link MqttClient}. Each method may be left out; its text says what
 * holds then. Not safe for use by several threads at once.
 */
public final class MqttClientBuilder {
    private static final int MOST_SERVERS = 100;

    // Defaults that all clients share, since a process may have many.
    private static final ClientListener SILENT = new ClientListener() {};
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final ReconnectPolicy RECONNECT =
            ReconnectPolicy.exponential(Duration.ofSeconds(1), Duration.ofMinutes(2));
    private static final HandlerFailure HANDLER_FAILURE =
            HandlerFailure.reject(ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR);

    private final List<URI> servers = new ArrayList<>();
    private ServerOrder serverOrder = ServerOrder.IN_ORDER;
    private @Nullable Redirects redirects;
    private @Nullable String clientIdentifier;
    private boolean cleanStart;
    private long sessionExpirySeconds;
    private int keepAliveSeconds = 60;
    private int receiveMaximum = 1_000;
    private int maximumPacketSize = 16 << 20;
    private Duration connectTimeout = TEN_SECONDS;
    private @Nullable Credentials credentials;
    private @Nullable Supplier<? extends CompletionStage<Credentials>> credentialsSupplier;
    private @Nullable Authentication authentication;
    private @Nullable Will will;
    private final List<UserProperty> userProperties = new ArrayList<>();
    private final List<UserProperty> acknowledgementProperties = new ArrayList<>();
    private @Nullable SessionStore store;
    private StoreLimits storeLimits = StoreLimits.defaults();
    private final List<DeclaredSubscription> subscriptions = new ArrayList<>();
    private Resubscribe resubscribe = Resubscribe.WHEN_ABSENT;
    private boolean subscriptionIdentifiers = true;
    private @Nullable Duration operationTimeout;
    private int topicAliasMaximum;
    private @Nullable String responseTopic;
    private boolean requestResponseInformation;
    private SessionLostPolicy sessionLost = SessionLostPolicy.defaults();
    private UnknownSession unknownSession = UnknownSession.FAIL;
    private ReconnectPolicy reconnect = RECONNECT;
    private Duration lastingAfter = TEN_SECONDS;
    private @Nullable SSLContext sslContext;
    private @Nullable SSLParameters sslParameters;
    private @Nullable EventLoops eventLoops;
    private @Nullable Executor executor;
    private HandlerFailure handlerFailure = HANDLER_FAILURE;
    private Overload overload = Overload.DROP_NEWEST;
    private boolean validatePayloadFormat;
    private ClientListener listener = SILENT;

    MqttClientBuilder(URI server, URI... more) {
        if (more.length >= MOST_SERVERS) {
            throw new IllegalArgumentException(
                    "A client takes " + MOST_SERVERS + " servers at most");
        }
        servers.add(Endpoints.requireSupported(server));
        for (URI another : more) {
            servers.add(Endpoints.requireSupported(another));
        }
    }

    /**
     * Sets which of several servers is tried first. The others follow at once, each at most once;
     * only when all have failed the {@link ReconnectPolicy} is asked. {@link ServerOrder#IN_ORDER}
     * until set.
     *
     * @param order the order
     * @return this
     */
    public MqttClientBuilder serverOrder(ServerOrder order) {
        serverOrder = Objects.requireNonNull(order);
        return this;
    }

    /**
     * Sets where servers may send this client (MQTT 5, section 4.11). After Use another server
     * (0x9C) the connection after that one is made to the servers of this client again; after
     * Server moved (0x9D), once it was reached, the new address stands for the old one until the
     * client is closed. No server is followed until set.
     *
     * @param policy the servers that may be named
     * @return this
     */
    public MqttClientBuilder redirects(Redirects policy) {
        redirects = Objects.requireNonNull(policy);
        return this;
    }

    /**
     * Sets the Client Identifier, which names the session on the server and in the store. Without
     * one, or with the empty one, the server assigns one. A session that outlives its connection
     * needs one that stays the same at every start, or the empty one given here on purpose.
     *
     * @param identifier at most 65,535 bytes in UTF-8; servers must accept 1 to 23 letters and
     *     digits
     * @return this
     */
    public MqttClientBuilder clientIdentifier(String identifier) {
        clientIdentifier = Strings.requireEncodable("Client Identifier", identifier);
        return this;
    }

    /**
     * Sets Clean Start for {@code connect()}: whether both sides drop the session they have.
     * Reconnects by the client itself always resume. False until set.
     *
     * @param cleanStart true to start anew
     * @return this
     */
    public MqttClientBuilder cleanStart(boolean cleanStart) {
        this.cleanStart = cleanStart;
        return this;
    }

    /**
     * Sets the Session Expiry Interval: how long the server keeps the session after the connection
     * ended. Zero until set: the session ends with the connection.
     *
     * @param expiry 0 to 4,294,967,295 s; the last stands for ever
     * @return this
     */
    public MqttClientBuilder sessionExpiry(Duration expiry) {
        sessionExpirySeconds = Durations.toWholeSeconds("Session Expiry Interval", expiry);
        return this;
    }

    /**
     * Lets the session live for ever (0xFFFFFFFF).
     *
     * @return this
     */
    public MqttClientBuilder sessionNeverExpires() {
        sessionExpirySeconds = Durations.FOUR_BYTES;
        return this;
    }

    /**
     * Sets the Keep Alive, the longest silence of this client. 60 s until set. A server that has
     * been silent for as long is asked with PINGREQ, and the connection is closed unless it shows
     * itself within the Keep Alive, 2 s at least and 10 s at most: by a whole packet, or by 512
     * bytes more of one that takes its time.
     *
     * @param keepAlive 0 (off) to 65,535 s
     * @return this
     */
    public MqttClientBuilder keepAlive(Duration keepAlive) {
        keepAliveSeconds = (int) Durations.toWholeSeconds("Keep Alive", keepAlive, 65_535);
        return this;
    }

    /**
     * Sets the Receive Maximum: how many received QoS 1 and 2 messages may be unacknowledged. 1,000
     * until set.
     *
     * @param maximum 1 to 65,535
     * @return this
     */
    public MqttClientBuilder receiveMaximum(int maximum) {
        if (maximum < 1 || maximum > 65_535) {
            throw new IllegalArgumentException(
                    "Receive Maximum " + maximum + " is not in 1 to 65,535");
        }
        receiveMaximum = maximum;
        return this;
    }

    /**
     * Sets the Maximum Packet Size that the server may send; it bounds the memory for one packet.
     * 16 MiB until set.
     *
     * @param bytes 16 to 268,435,460, fixed header included
     * @return this
     */
    public MqttClientBuilder maximumPacketSize(int bytes) {
        if (bytes < 16 || bytes > 268_435_460) {
            throw new IllegalArgumentException(
                    "Maximum Packet Size " + bytes + " is not in 16 to 268,435,460");
        }
        maximumPacketSize = bytes;
        return this;
    }

    /**
     * Sets how long an attempt to connect may take, from asking for credentials over the first
     * packet of TCP to CONNACK with all steps of an authentication; a re-authentication may take as
     * long. 10 s until set.
     *
     * @param timeout 1 ms to 1 hour
     * @return this
     */
    public MqttClientBuilder connectTimeout(Duration timeout) {
        if (timeout.compareTo(Duration.ofMillis(1)) < 0
                || timeout.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "connectTimeout(" + timeout + ") is not in 1 ms to 1 hour");
        }
        connectTimeout = timeout;
        return this;
    }

    /**
     * Sets User Name and Password; none are sent until set.
     *
     * @param credentials sent at each connect
     * @return this
     */
    public MqttClientBuilder credentials(Credentials credentials) {
        this.credentials = Objects.requireNonNull(credentials);
        credentialsSupplier = null;
        return this;
    }

    /**
     * Sets who is asked for User Name and Password before each attempt to connect, for tokens that
     * expire. It takes the place of fixed credentials, and they of it.
     *
     * @param supplier called on the executor, where it may block without holding up anything else;
     *     its stage has the time of {@link #connectTimeout}. If it throws, fails, gives null or
     *     takes longer, the attempt fails with {@link MqttException.AuthenticationFailed} and the
     *     {@link ReconnectPolicy} decides what follows
     * @return this
     */
    public MqttClientBuilder credentials(
            Supplier<? extends CompletionStage<Credentials>> supplier) {
        credentialsSupplier = Objects.requireNonNull(supplier);
        credentials = null;
        return this;
    }

    /**
     * Sets the method of enhanced authentication (MQTT 5, section 4.12); none until set. User Name
     * and Password may be sent as well.
     *
     * @param authentication has one exchange at each connect, and at each {@link
     *     MqttClient#reauthenticate()}
     * @return this
     * @throws IllegalArgumentException if its method is empty or cannot be sent
     */
    public MqttClientBuilder authentication(Authentication authentication) {
        if (Strings.requireEncodable("Authentication Method", authentication.method()).isEmpty()) {
            throw new IllegalArgumentException("The Authentication Method is empty");
        }
        this.authentication = authentication;
        return this;
    }

    /**
     * Sets the Will Message; none until set.
     *
     * @param message what the server publishes if this client goes without a good-bye
     * @param delay how long it waits for the client to come back
     * @return this
     */
    public MqttClientBuilder will(Message message, Duration delay) {
        will = new Will(message, delay);
        return this;
    }

    /**
     * Adds a User Property to CONNECT.
     *
     * @param name its name
     * @param value its value
     * @return this
     */
    public MqttClientBuilder userProperty(String name, String value) {
        userProperties.add(new UserProperty(name, value));
        return this;
    }

    /**
     * Adds a User Property to each PUBACK, PUBREC, PUBREL and PUBCOMP, those of a resumed session
     * too; a PUBACK for which {@link Delivery#acknowledge(Remarks)} gives others has those. All are
     * left out while the server's Maximum Packet Size has no room for them. None until added.
     *
     * @param name its name
     * @param value its value
     * @return this
     */
    public MqttClientBuilder acknowledgementProperty(String name, String value) {
        acknowledgementProperties.add(new UserProperty(name, value));
        return this;
    }

    /**
     * Sets the store of the session. One store may serve many clients with different Client
     * Identifiers. Until set the session is kept in memory.
     *
     * @param store opened by {@link #build()}
     * @return this
     */
    public MqttClientBuilder store(SessionStore store) {
        this.store = Objects.requireNonNull(store);
        return this;
    }

    /**
     * Sets the bounds of this client's queues. {@link StoreLimits#defaults()} until set.
     *
     * @param limits the bounds
     * @return this
     */
    public MqttClientBuilder storeLimits(StoreLimits limits) {
        storeLimits = Objects.requireNonNull(limits);
        return this;
    }

    /**
     * Declares a subscription with its handler, before the first message can arrive. Where several
     * declared Topic Filters match a message, each of their handlers gets it; subscriptions with
     * the same handler object go to the server together, and it gets a message for them once.
     *
     * @param subscription what to subscribe to
     * @param handler takes the messages
     * @return this
     */
    public MqttClientBuilder subscription(Subscription subscription, MessageHandler handler) {
        return subscription(subscription, handler, List.of());
    }

    /**
     * Declares a subscription as {@link #subscription(Subscription, MessageHandler)} does, with
     * User Properties for the server (MQTT 5, section 3.8.2.1.3), which each SUBSCRIBE for it
     * carries, also after a reconnect. They are not kept in the store, and other ones at the next
     * start are no reason to send a SUBSCRIBE. Subscriptions with the same handler object but other
     * User Properties go to the server on their own.
     *
     * @param subscription what to subscribe to; takes the place of one with the same Topic Filter
     * @param handler takes the messages
     * @param userProperties in their order
     * @return this
     */
    public MqttClientBuilder subscription(
            Subscription subscription, MessageHandler handler, List<UserProperty> userProperties) {
        String filter = subscription.topicFilter();
        subscriptions.removeIf(d -> d.subscription().topicFilter().equals(filter));
        subscriptions.add(new DeclaredSubscription(subscription, handler, userProperties));
        return this;
    }

    /**
     * Sets when the declared subscriptions are sent. {@link Resubscribe#WHEN_ABSENT} until set.
     *
     * @param resubscribe when
     * @return this
     */
    public MqttClientBuilder resubscribe(Resubscribe resubscribe) {
        this.resubscribe = Objects.requireNonNull(resubscribe);
        return this;
    }

    /**
     * Sets whether subscriptions carry Subscription Identifiers where the server allows them
     * (section 3.8.2.1.2), by which each message finds the handlers it was sent for. Without them a
     * message goes to every handler whose Topic Filter matches, once for each copy that the server
     * sends. True until set.
     *
     * @param wanted false for a server that cannot do what it announces
     * @return this
     */
    public MqttClientBuilder subscriptionIdentifiers(boolean wanted) {
        subscriptionIdentifiers = wanted;
        return this;
    }

    /**
     * Sets how long a call of {@link MqttClient#subscribe} or {@link MqttClient#unsubscribe} waits
     * for the server, the time without a connection included. It fails with {@link
     * MqttException.TimedOut} then, and what it asked for stays asked for. For ever until set.
     *
     * @param timeout 1 ms or longer
     * @return this
     */
    public MqttClientBuilder operationTimeout(Duration timeout) {
        if (timeout.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException(
                    "operationTimeout(" + timeout + ") is shorter than 1 ms");
        }
        operationTimeout = timeout;
        return this;
    }

    /**
     * Sets the Topic Alias Maximum: how many topics the server may abbreviate. Each is held in
     * memory while connected, with up to 64 KiB. None until set: it saves bytes, and costs the
     * connection where a server uses an alias that it has not explained.
     *
     * @param maximum 0 (none) to 65,535
     * @return this
     */
    public MqttClientBuilder topicAliasMaximum(int maximum) {
        if (maximum < 0 || maximum > 65_535) {
            throw new IllegalArgumentException(
                    "Topic Alias Maximum " + maximum + " is not in 0 to 65,535");
        }
        topicAliasMaximum = maximum;
        return this;
    }

    /**
     * Sets the topic to which responses to this client's requests go. It must be this client's
     * alone. Until set it is {@code holdfast} below the Response Information of the server, if that
     * is asked for and given, and {@code response/CLIENT IDENTIFIER/holdfast} otherwise.
     *
     * @param topic a Topic Name
     * @return this
     * @throws IllegalArgumentException if it has wildcards, or is no Topic Name otherwise
     */
    public MqttClientBuilder responseTopic(String topic) {
        responseTopic = Strings.requireTopicName("Response Topic", topic);
        return this;
    }

    /**
     * Sets whether CONNECT asks for Response Information (section 3.1.2.11.6), which is the basis
     * of the Response Topic then. False until set.
     *
     * @param wanted true to ask
     * @return this
     */
    public MqttClientBuilder requestResponseInformation(boolean wanted) {
        requestResponseInformation = wanted;
        return this;
    }

    /**
     * Sets what becomes of messages in flight when the server lost the session. {@link
     * SessionLostPolicy#defaults()} until set.
     *
     * @param policy what becomes of them
     * @return this
     */
    public MqttClientBuilder onSessionLost(SessionLostPolicy policy) {
        sessionLost = Objects.requireNonNull(policy);
        return this;
    }

    /**
     * Sets what to do when the server resumes a session that this client does not know. {@link
     * UnknownSession#FAIL} until set.
     *
     * @param policy what to do
     * @return this
     */
    public MqttClientBuilder onUnknownSession(UnknownSession policy) {
        unknownSession = Objects.requireNonNull(policy);
        return this;
    }

    /**
     * Sets whether and when to try again after a failed attempt or a lost connection. Exponential
     * from 1 s to 2 min until set.
     *
     * @param policy a pure function
     * @return this
     */
    public MqttClientBuilder reconnect(ReconnectPolicy policy) {
        reconnect = Objects.requireNonNull(policy);
        return this;
    }

    /**
     * Sets how long a connection must have lasted for the delays of the {@link ReconnectPolicy} to
     * start anew: a server that accepts connections and ends them at once is no reason to come back
     * quickly. Redirections in a row are counted anew as well, though not after less than a second.
     * 10 s until set.
     *
     * @param time 0 to 1 day
     * @return this
     */
    public MqttClientBuilder lastingAfter(Duration time) {
        if (time.isNegative() || time.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("lastingAfter(" + time + ") is not in 0 to 1 day");
        }
        lastingAfter = time;
        return this;
    }

    /**
     * Sets keys and trusted certificates for {@code mqtts}. The JVM's default until set.
     *
     * @param context used at each connect
     * @return this
     */
    public MqttClientBuilder sslContext(SSLContext context) {
        sslContext = Objects.requireNonNull(context);
        return this;
    }

    /**
     * Sets details of TLS. Host name verification is on unless these parameters name another
     * endpoint identification algorithm, the empty one switching it off.
     *
     * @param parameters copied at each connect
     * @return this
     */
    public MqttClientBuilder sslParameters(SSLParameters parameters) {
        sslParameters = Objects.requireNonNull(parameters);
        return this;
    }

    /**
     * Sets the threads that do the work of the network. They stay the application's: the client
     * never ends them, and must be closed before they end. Until set all clients of the process
     * share some daemon threads, which end with the last client.
     *
     * @param loops made by {@code dev.holdfast.mqtt.netty.NettyEventLoops}
     * @return this
     */
    public MqttClientBuilder eventLoops(EventLoops loops) {
        eventLoops = Objects.requireNonNull(loops);
        return this;
    }

    /**
     * Sets what becomes of messages that their handlers fail to handle. Until set they are refused
     * at once, with {@link ReasonCode#IMPLEMENTATION_SPECIFIC_ERROR}.
     *
     * @param policy for all handlers without {@link MessageHandler#onFailure}
     * @return this
     */
    public MqttClientBuilder onHandlerFailure(HandlerFailure policy) {
        handlerFailure = Objects.requireNonNull(policy);
        return this;
    }

    /**
     * Sets what happens when messages at QoS 0 come faster than they are handled. {@link
     * Overload#DROP_NEWEST} until set.
     *
     * @param policy what happens
     * @return this
     */
    public MqttClientBuilder onOverload(Overload policy) {
        overload = Objects.requireNonNull(policy);
        return this;
    }

    /**
     * Sets whether payloads that claim to be UTF-8 (Payload Format Indicator, MQTT 5, section
     * 3.3.2.3.2) are checked. Publishing one that is not throws, and so does {@link #build()} for a
     * will; a received one that is not is refused with {@link ReasonCode#PAYLOAD_FORMAT_INVALID},
     * dropped at QoS 0, and told to {@link ClientListener#payloadInvalid}. False until set:
     * payloads are passed on as they are.
     *
     * @param validate true to check
     * @return this
     */
    public MqttClientBuilder validatePayloadFormat(boolean validate) {
        validatePayloadFormat = validate;
        return this;
    }

    /**
     * Sets where handlers, listeners, the completions of futures and authentication run. The client
     * hands over one task at a time for each handler, one for completions and one for
     * authentication, in order. Shared daemon threads until set.
     *
     * @param executor must not run tasks in the calling thread
     * @return this
     */
    public MqttClientBuilder executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor);
        return this;
    }

    /**
     * Sets who learns of connections, losses and drops.
     *
     * @param listener called on the callback executor
     * @return this
     */
    public MqttClientBuilder listener(ClientListener listener) {
        this.listener = Objects.requireNonNull(listener);
        return this;
    }

    /**
     * Opens the store, which may wait for the disk, and builds the client. It does not connect.
     *
     * @return a client that takes publishes at once
     * @throws IllegalStateException if settings contradict each other, with the mend in its message
     * @throws dev.holdfast.mqtt.store.StoreException if the store cannot be opened
     */
    public MqttClient build() {
        return provider().build(settings());
    }

    /**
     * Checks the settings, without building a client or opening the store: what {@link #build()}
     * hands to the implementation.
     *
     * @return the settings as they are now
     * @throws IllegalStateException if they contradict each other, with the mend in its message
     */
    public ClientSettings settings() {
        requireIdentifierForLongSession();
        return new ClientSettings(
                servers,
                serverOrder,
                redirects,
                clientIdentifier == null ? "" : clientIdentifier,
                cleanStart,
                sessionExpirySeconds,
                keepAliveSeconds,
                receiveMaximum,
                maximumPacketSize,
                connectTimeout,
                credentials,
                credentialsSupplier,
                authentication,
                will,
                userProperties,
                acknowledgementProperties,
                store,
                storeLimits,
                subscriptions,
                resubscribe,
                subscriptionIdentifiers,
                operationTimeout,
                topicAliasMaximum,
                responseTopic,
                requestResponseInformation,
                sessionLost,
                unknownSession,
                reconnect,
                lastingAfter,
                sslContext,
                sslParameters,
                eventLoops,
                executor,
                handlerFailure,
                overload,
                validatePayloadFormat,
                listener);
    }

    private void requireIdentifierForLongSession() {
        if (clientIdentifier == null && sessionExpirySeconds > 0) {
            throw new IllegalStateException(
                    "A session that outlives its connection needs a Client Identifier that is"
                            + " the same at every start, or the server fills up with sessions nobody resumes:"
                            + " set clientIdentifier(…), or leave out sessionExpiry(…)");
        }
        if (store != null && (clientIdentifier == null || clientIdentifier.isEmpty())) {
            throw new IllegalStateException(
                    "The store finds a session by its Client Identifier: set clientIdentifier(…)");
        }
    }

    private static ClientProvider provider() {
        return ServiceLoader.load(ClientProvider.class, MqttClientBuilder.class.getClassLoader())
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "No implementation of the client was found:"
                                                + " add dev.holdfast:holdfast-client-impl to the class path or module path"));
    }
}
