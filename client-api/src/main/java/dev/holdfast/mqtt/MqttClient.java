package dev.holdfast.mqtt;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * An MQTT 5 client whose session lives in a store. All methods may be called from any thread, also
 * from any callback, and none of them blocks, but for {@link #session()} and {@link #close()},
 * which wait briefly.
 */
public interface MqttClient extends AutoCloseable {
    /**
     * Starts building a client of one server, or of several of which any will do: the nodes of a
     * cluster, or a server and its stand-in. They should share their sessions, or what waits in the
     * session of one server waits until the client comes back to it.
     *
     * @param server {@code mqtt://host[:1883]} for TCP, {@code mqtts://host[:8883]} for TLS
     * @param more servers to try as well, up to 99; see {@link MqttClientBuilder#serverOrder}
     * @return a builder
     * @throws IllegalArgumentException if an address has another form
     */
    static MqttClientBuilder newBuilder(URI server, URI... more) {
        return new MqttClientBuilder(server, more);
    }

    /**
     * Connects, and keeps connected as the {@link ReconnectPolicy} says, until {@link #disconnect}
     * or {@link #close}. Calling it while it is at work returns the same outcome; there is never
     * more than one connection.
     *
     * @return completes at the first successful CONNACK; fails when the policy gives up, with the
     *     last cause ({@link MqttException.ConnectRefused}, {@link MqttException.ConnectionLost},
     *     {@link MqttException.ServerMisbehaved}, {@link MqttException.AuthenticationFailed},
     *     {@link MqttException.SessionUnknown}), or with {@link MqttException.ClientClosed}
     */
    CompletableFuture<Connected> connect();

    /**
     * Authenticates anew on the same connection, with another exchange of the {@link
     * Authentication} (MQTT 5, section 4.12.1): before a token expires, say. All else goes on
     * meanwhile.
     *
     * @return completes when server and client have accepted each other again. Fails with {@link
     *     MqttException.AuthenticationFailed} and leaves all as it is if another re-authentication
     *     is under way, or if the exchange fails before its first packet was sent. If it fails
     *     later, or takes longer than {@link MqttClientBuilder#connectTimeout}, the connection ends
     *     with it, as the standard demands, and the {@link ReconnectPolicy} decides what follows;
     *     the cause is {@code AuthenticationFailed} too, or what the server said as {@link
     *     MqttException.ConnectionLost}. Without a connection it fails with {@code ConnectionLost}
     * @throws IllegalStateException without {@link MqttClientBuilder#authentication}, and after
     *     {@link #close()}
     */
    CompletableFuture<Void> reauthenticate();

    /**
     * Accepts a message for publishing, connected or not. Messages are sent in the order of the
     * calls; those at QoS 0, which wait for no acknowledgement, may overtake others.
     *
     * @param message what to publish
     * @return its two stages and its number
     * @throws IllegalArgumentException if the payload is not the UTF-8 that it claims to be, and
     *     {@link MqttClientBuilder#validatePayloadFormat} is on
     * @throws IllegalStateException after {@link #close()}
     */
    Publication publish(Message message);

    /**
     * Accepts a message for publishing, and gives up on it after a time. What was never sent until
     * then is removed, from the store too. What was sent cannot be taken back: its exchange with
     * the server goes on, without anybody being told. In either case the stages fail with {@link
     * MqttException.TimedOut}, which says which. The time ends with this client: a message that a
     * later run finds in the store has none; see {@link Message.Builder#expiry} for a bound that
     * lasts.
     *
     * @param message what to publish
     * @param timeout for {@link Publication#acknowledged()}, from now on: 1 ms to 365 days
     * @return its two stages and its number
     * @throws IllegalArgumentException if the time is out of range
     * @throws IllegalStateException after {@link #close()}
     */
    Publication publish(Message message, Duration timeout);

    /**
     * Accepts a message for publishing.
     *
     * @param topic the Topic Name
     * @param message says the rest
     * @return its two stages and its number
     * @throws IllegalArgumentException if the message is not valid
     * @throws IllegalStateException after {@link #close()}
     */
    default Publication publish(String topic, Consumer<Message.Builder> message) {
        Message.Builder builder = Message.to(topic);
        message.accept(builder);
        return publish(builder.build());
    }

    /**
     * Declares a subscription: it is made now if connected, and again whenever the server's session
     * lacks it. A second call with the same Topic Filter replaces options and handler.
     *
     * @param subscription what to subscribe to
     * @param handler takes the messages
     * @return completes when the server has confirmed; waits for a connection if there is none.
     *     Fails with {@link MqttException.SubscribeRejected}, and the subscription is no longer
     *     declared then; or with {@link MqttException.TimedOut}, and it still is; or with {@link
     *     MqttException.StoreFull} if 65,536 Topic Filters wait already, and all is as before
     * @throws IllegalStateException after {@link #close()}
     */
    CompletableFuture<Subscribed> subscribe(Subscription subscription, MessageHandler handler);

    /**
     * Declares several subscriptions for one handler. They go to the server together, and the
     * handler gets a message once, however many of them it matches, if the server sends one copy.
     *
     * @param subscriptions at least one, each with another Topic Filter
     * @param handler takes the messages
     * @return completes when the server has answered for all of them. A refusal is a result of that
     *     one only, which is no longer declared then. Fails with {@link MqttException.TimedOut},
     *     and all that the server did not refuse are still declared
     * @throws IllegalArgumentException if there is none, or a Topic Filter comes twice
     * @throws IllegalStateException after {@link #close()}
     */
    default CompletableFuture<SubscribeResults> subscribe(
            List<Subscription> subscriptions, MessageHandler handler) {
        return subscribe(subscriptions, handler, List.of());
    }

    /**
     * Declares several subscriptions, with User Properties for the server (MQTT 5, section
     * 3.8.2.1.3), which each SUBSCRIBE for them carries, also after a reconnect.
     *
     * @param subscriptions at least one, each with another Topic Filter
     * @param handler takes the messages
     * @param userProperties in their order
     * @return as of {@link #subscribe(List, MessageHandler)}
     * @throws IllegalArgumentException if there is no subscription, or a Topic Filter comes twice
     * @throws IllegalStateException after {@link #close()}
     */
    CompletableFuture<SubscribeResults> subscribe(
            List<Subscription> subscriptions,
            MessageHandler handler,
            List<UserProperty> userProperties);

    /**
     * Offers a subscription to frameworks that work with publishers. Who subscribes to it has the
     * client {@linkplain #subscribe(Subscription, MessageHandler) subscribe} with {@link
     * MessageHandlers#fromSubscriber}: each delivery must be acknowledged. One subscriber at a
     * time; another takes the place of the one before, for whom the stream completes. Messages that
     * may come before the first subscriber is there, those of a resumed session, wait for it as for
     * any handler.
     *
     * @param subscription what to subscribe to
     * @return a publisher, which may be used again after its subscriber has cancelled
     */
    default Flow.Publisher<Delivery> deliveries(Subscription subscription) {
        return new Deliveries(this, subscription);
    }

    /**
     * Ends a subscription. Its handler still gets messages that arrive before the server has
     * confirmed.
     *
     * @param topicFilter as it was given to {@link #subscribe}
     * @return completes when the server has confirmed, at once if it never had the subscription;
     *     waits for a connection if there is none. Fails with {@link MqttException.TimedOut}, and
     *     the server is still asked then; or with {@link MqttException.StoreFull} if 65,536 Topic
     *     Filters wait already, and all is as before
     * @throws IllegalStateException after {@link #close()}
     */
    CompletableFuture<Void> unsubscribe(String topicFilter);

    /**
     * Ends several subscriptions, with as few packets as can be.
     *
     * @param topicFilters as they were given to {@link #subscribe}; at least one, none twice
     * @return completes when the server has confirmed all; if some fail, it fails when all are
     *     answered, with the first failure
     * @throws IllegalArgumentException if there is none, or one comes twice
     * @throws IllegalStateException after {@link #close()}
     */
    default CompletableFuture<Void> unsubscribe(List<String> topicFilters) {
        return unsubscribe(topicFilters, List.of());
    }

    /**
     * Ends several subscriptions, with User Properties for the server (section 3.10.2.1.2).
     *
     * @param topicFilters as they were given to {@link #subscribe}; at least one, none twice
     * @param userProperties in their order
     * @return as of {@link #unsubscribe(List)}
     * @throws IllegalArgumentException if there is no Topic Filter, or one comes twice
     * @throws IllegalStateException after {@link #close()}
     */
    CompletableFuture<Void> unsubscribe(
            List<String> topicFilters, List<UserProperty> userProperties);

    /**
     * Publishes a request and waits for the response to it (section 4.10). The first request
     * subscribes to the Response Topic of this client before it leaves; see {@link
     * MqttClientBuilder#responseTopic}. Any number of requests up to 65,536 may wait at once. A
     * lost connection changes nothing: the time-out decides.
     *
     * @param request without Response Topic and Correlation Data, which are set here
     * @param timeout from now on: 1 ms to 365 days
     * @return completes with the first response; fails with {@link MqttException.TimedOut}, with
     *     {@link MqttException.SubscribeRejected} if the server does not allow the Response Topic,
     *     or as {@link Publication#acknowledged()}. Responses that come later are dropped
     * @throws IllegalArgumentException if the request has a Response Topic or Correlation Data, or
     *     the time is out of range
     * @throws IllegalStateException after {@link #close()}
     */
    CompletableFuture<Message> request(Message request, Duration timeout);

    /**
     * Answers requests, as a subscription whose handler is the responder: each response goes to the
     * request's Response Topic with its Correlation Data. A request is acknowledged when its
     * response is stored, so that after a crash it may be answered twice, but not forgotten. One
     * without a Response Topic is refused, and told to {@link ClientListener#handlerFailed}.
     *
     * @param subscription where requests come
     * @param responder answers them
     * @return as of {@link #subscribe(Subscription, MessageHandler)}
     * @throws IllegalStateException after {@link #close()}
     */
    CompletableFuture<Subscribed> respond(Subscription subscription, Responder responder);

    /**
     * Ends the connection with a DISCONNECT, in any state: attempts to reconnect stop too. The
     * session stays for its expiry; {@link #connect()} may be called again.
     *
     * @return completes when the connection is closed
     */
    default CompletableFuture<Void> disconnect() {
        return disconnect(options -> {});
    }

    /**
     * Ends the connection with a DISCONNECT.
     *
     * @param options says how
     * @return completes when the connection is closed; fails with {@link
     *     MqttException.ConnectionLost} if a session expiry was given and no connection was there
     *     to tell the server
     * @throws IllegalArgumentException if a session expiry above zero is given although CONNECT
     *     said zero
     */
    CompletableFuture<Void> disconnect(Consumer<DisconnectOptions> options);

    /**
     * Looks at the session.
     *
     * @return the state of this moment
     */
    Session session();

    /**
     * Disconnects without waiting for pending messages, which stay in the store, and frees all
     * threads, files and sockets before it returns: at once as a rule, within about five seconds if
     * callbacks of the application or the network hang. The store is closed as well, when its last
     * client is.
     */
    @Override
    void close();
}
