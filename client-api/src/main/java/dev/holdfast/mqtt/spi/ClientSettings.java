package dev.holdfast.mqtt.spi;

import dev.holdfast.mqtt.Authentication;
import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.Overload;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.ServerOrder;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.store.SessionStore;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * What {@link dev.holdfast.mqtt.MqttClientBuilder} collected; its methods say what each part means.
 *
 * @param servers addresses, at least one
 * @param serverOrder which is tried first
 * @param redirects where servers may send the client; null for nowhere
 * @param clientIdentifier empty to let the server assign one
 * @param cleanStart for {@code connect()}
 * @param sessionExpirySeconds Session Expiry Interval
 * @param keepAliveSeconds Keep Alive, 0 is off
 * @param receiveMaximum Receive Maximum
 * @param maximumPacketSize Maximum Packet Size in bytes
 * @param connectTimeout from the beginning of an attempt to CONNACK
 * @param credentials fixed ones; null for none
 * @param credentialsSupplier asked before each attempt to connect; null for none
 * @param authentication null for none
 * @param will null for none
 * @param userProperties of CONNECT
 * @param acknowledgementProperties of PUBACK, PUBREC, PUBREL and PUBCOMP
 * @param store null for memory
 * @param storeLimits bounds of the queues
 * @param subscriptions in the order of their declaration
 * @param resubscribe when they are sent
 * @param subscriptionIdentifiers whether they get Subscription Identifiers where the server allows
 * @param operationTimeout how long subscribe() and unsubscribe() wait; null for ever
 * @param topicAliasMaximum Topic Alias Maximum for receiving
 * @param responseTopic null to derive it
 * @param requestResponseInformation Request Response Information
 * @param sessionLost what becomes of messages in flight
 * @param unknownSession what to do at an unexpected Session Present 1
 * @param reconnect whether and when to try again
 * @param lastingAfter how long a connection must last for the delays to start anew
 * @param sslContext null for the JVM's default
 * @param sslParameters null for the default
 * @param eventLoops null for the threads that all clients share
 * @param executor null for shared daemon threads
 * @param handlerFailure for handlers that have no policy of their own
 * @param overload what happens when messages at QoS 0 come too fast
 * @param validatePayloadFormat whether payloads that claim to be UTF-8 are checked
 * @param listener never null
 */
public record ClientSettings(
        List<URI> servers,
        ServerOrder serverOrder,
        @Nullable Redirects redirects,
        String clientIdentifier,
        boolean cleanStart,
        long sessionExpirySeconds,
        int keepAliveSeconds,
        int receiveMaximum,
        int maximumPacketSize,
        Duration connectTimeout,
        @Nullable Credentials credentials,
        @Nullable Supplier<? extends CompletionStage<Credentials>> credentialsSupplier,
        @Nullable Authentication authentication,
        @Nullable Will will,
        List<UserProperty> userProperties,
        List<UserProperty> acknowledgementProperties,
        @Nullable SessionStore store,
        StoreLimits storeLimits,
        List<DeclaredSubscription> subscriptions,
        Resubscribe resubscribe,
        boolean subscriptionIdentifiers,
        @Nullable Duration operationTimeout,
        int topicAliasMaximum,
        @Nullable String responseTopic,
        boolean requestResponseInformation,
        SessionLostPolicy sessionLost,
        UnknownSession unknownSession,
        ReconnectPolicy reconnect,
        Duration lastingAfter,
        @Nullable SSLContext sslContext,
        @Nullable SSLParameters sslParameters,
        @Nullable EventLoops eventLoops,
        @Nullable Executor executor,
        HandlerFailure handlerFailure,
        Overload overload,
        boolean validatePayloadFormat,
        ClientListener listener) {
    /** Keeps the collections from changing. */
    public ClientSettings {
        servers = List.copyOf(servers);
        userProperties = List.copyOf(userProperties);
        acknowledgementProperties = List.copyOf(acknowledgementProperties);
        subscriptions = List.copyOf(subscriptions);
    }

    /**
     * The declared subscriptions, those with the same handler and User Properties together.
     *
     * @return in the order of the first of each
     */
    public List<List<DeclaredSubscription>> subscriptionGroups() {
        IdentityHashMap<MessageHandler, Map<List<UserProperty>, List<DeclaredSubscription>>>
                groups = new IdentityHashMap<>();
        List<List<DeclaredSubscription>> inOrder = new ArrayList<>();
        for (DeclaredSubscription declared : subscriptions) {
            groups.computeIfAbsent(declared.handler(), h -> new HashMap<>())
                    .computeIfAbsent(
                            declared.userProperties(),
                            p -> {
                                List<DeclaredSubscription> group = new ArrayList<>();
                                inOrder.add(group);
                                return group;
                            })
                    .add(declared);
        }
        return inOrder;
    }
}
