package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Responder;
import dev.holdfast.mqtt.Session;
import dev.holdfast.mqtt.SubscribeResults;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.session.Answer;
import dev.holdfast.mqtt.impl.session.PayloadFormat;
import dev.holdfast.mqtt.impl.session.SubscribeCall;
import dev.holdfast.mqtt.impl.session.UnsubscribeCall;
import dev.holdfast.mqtt.impl.transport.Network;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.spi.DeclaredSubscription;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns calls of the application into commands of the core, and its own state into futures. */
final class HoldfastClient implements MqttClient {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.client");
    private static final long LONGEST_GOODBYE_MILLIS = 1_000;
    private static final long LONGEST_LOOK_SECONDS = 30;
    private static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

    /** The token of the last disconnect; those of calls are positive. */
    private static final long GOODBYE = 0;

    private final ClientSettings settings;
    private final StoredSession store;
    private final Loop loop;
    private final SharedThreads threads;
    private final Driver driver;
    private final Dispatcher dispatcher;
    private final Handlers handlers;
    private final Lane completions;
    private final Qos0Limit qos0;
    private final PublicationSearch search;

    private final AtomicBoolean closed = new AtomicBoolean();

    /** Keeps the numbers of publications in the order in which they reach the core. */
    private final Object publishing = new Object();

    // Guarded by it.
    private long nextPublication;
    private long nextToken = 1;

    /** See {@link #requests()}. */
    private @Nullable Requests requests;

    HoldfastClient(
            ClientSettings settings,
            dev.holdfast.mqtt.impl.session.Session session,
            StoredSession store,
            Network network,
            Loop loop,
            SharedThreads threads) {
        this.settings = settings;
        this.store = store;
        this.loop = loop;
        this.threads = threads;
        this.nextPublication = store.recovered().numbersReserved();
        Executor executor = settings.executor() == null ? threads.callbacks() : settings.executor();
        completions = new Lane(executor, threads.callbacks());
        Notices notices = new Notices(completions, settings.listener());
        Feeds feeds =
                new Feeds(loop, executor, threads.callbacks(), settings.handlerFailure(), notices);
        qos0 = new Qos0Limit(settings.overload(), this::readAsThereIsRoom);
        handlers =
                new Handlers(
                        loop, feeds, notices, completions, qos0, this::settle, new Cancelled());
        for (List<DeclaredSubscription> group : settings.subscriptionGroups()) {
            handlers.register(
                    group.stream().map(d -> d.subscription().topicFilter()).toList(),
                    group.get(0).handler());
        }
        boolean answersQuestions =
                settings.authentication() != null || settings.credentialsSupplier() != null;
        @Nullable Authenticator authenticator =
                answersQuestions
                        ? new Authenticator(
                                settings, new Lane(executor, threads.callbacks()), this::takeAnswer)
                        : null;
        dispatcher =
                new Dispatcher(
                        settings.clientIdentifier(),
                        settings.listener(),
                        settings.storeLimits(),
                        completions,
                        handlers,
                        authenticator);
        driver = new Driver(session, store, network, loop, dispatcher);
        search = new PublicationSearch(driver, dispatcher.publications);
        dispatcher.publications.use(new Withdrawals(driver, loop, completions, search));
        handlers.beginAll();
    }

    private long nextToken() {
        synchronized (publishing) {
            return nextToken++;
        }
    }

    @Override
    public CompletableFuture<Connected> connect() {
        requireOpen();
        long token = nextToken();
        CompletableFuture<Connected> future = new CompletableFuture<>();
        if (!dispatcher.connects.admit(1)) {
            return CompletableFuture.failedFuture(Waiting.tooMany("connect()"));
        }
        driver.submit(
                session -> {
                    dispatcher.connects.add(token, future);
                    session.connect(token);
                });
        return future;
    }

    @Override
    public CompletableFuture<Void> reauthenticate() {
        requireOpen();
        if (settings.authentication() == null) {
            throw new IllegalStateException(
                    "CONNECT has no Authentication Method, and so there can be no"
                            + " re-authentication (MQTT 5, section 4.12): give authentication(…) to"
                            + " the builder");
        }
        long token = nextToken();
        CompletableFuture<Void> future = new CompletableFuture<>();
        if (!dispatcher.reauthentications.admit(1)) {
            return CompletableFuture.failedFuture(Waiting.tooMany("reauthenticate()"));
        }
        driver.submit(
                session -> {
                    dispatcher.reauthentications.add(token, future);
                    session.reauthenticate(token);
                });
        return future;
    }

    private void takeAnswer(long question, Answer answer) {
        driver.submit(session -> session.answered(question, answer));
    }

    @Override
    public Publication publish(Message message) {
        long expiresAt = expiresAt(message);
        synchronized (publishing) {
            return submit(
                    new PendingPublication(
                            nextPublication++, message, expiresAt, dispatcher.publications));
        }
    }

    @Override
    public Publication publish(Message message, Duration timeout) {
        requireTimeout(timeout);
        long deadline = loop.now() + timeout.toMillis();
        long expiresAt = expiresAt(message);
        synchronized (publishing) {
            return submit(
                    new LimitedPublication(
                            nextPublication++,
                            message,
                            expiresAt,
                            deadline,
                            dispatcher.publications));
        }
    }

    private static void requireTimeout(Duration timeout) {
        if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(LONGEST_TIMEOUT) > 0) {
            throw new IllegalArgumentException(
                    "The time-out " + timeout + " is not in 1 ms to 365 days");
        }
    }

    /** When a message that may be published expires, in milliseconds since 1970. */
    private long expiresAt(Message message) {
        requireOpen();
        if (settings.validatePayloadFormat() && !PayloadFormat.isAsClaimed(message)) {
            throw new IllegalArgumentException(
                    "The payload for '"
                            + message.topic()
                            + "' is said to be UTF-8, and is not: leave out utf8Payload(true), or give"
                            + " the payload as a String");
        }
        Optional<Duration> expiry = message.expiry();
        return expiry.isPresent()
                ? loop.wallClock() + expiry.get().toMillis()
                : OutgoingMessage.NEVER;
    }

    private Publication submit(PendingPublication publication) {
        if (dispatcher.publications.admit(publication)) {
            driver.submit(publication);
        } else {
            publication.noteFailed(
                    new MqttException.StoreFull(
                            "More is published at once than storeLimits(…) allows to be queued:"
                                    + " wait for acknowledgements, or for stored()"));
        }
        return publication;
    }

    @Override
    public CompletableFuture<Subscribed> subscribe(
            Subscription subscription, MessageHandler handler) {
        return Together.one(subscribeAll(List.of(subscription), handler, List.of()));
    }

    @Override
    public CompletableFuture<SubscribeResults> subscribe(
            List<Subscription> subscriptions,
            MessageHandler handler,
            List<UserProperty> userProperties) {
        List<Subscription> wanted = List.copyOf(subscriptions);
        requireDifferent(wanted.stream().map(Subscription::topicFilter).toList());
        return Together.results(wanted, subscribeAll(wanted, handler, List.copyOf(userProperties)));
    }

    /** The answers are not for the application, which might complete them itself. */
    private List<CompletableFuture<Subscribed>> subscribeAll(
            List<Subscription> subscriptions,
            MessageHandler handler,
            List<UserProperty> userProperties) {
        requireOpen();
        if (!dispatcher.subscribes.admit(subscriptions.size())) {
            // Before the handler takes the place of another.
            return refused(subscriptions, Waiting.tooMany("subscribe()"));
        }
        List<CompletableFuture<Subscribed>> answers = new ArrayList<>();
        List<Registrations.Registration> registered =
                handlers.register(
                        subscriptions.stream().map(Subscription::topicFilter).toList(),
                        handler,
                        made -> answers.addAll(addSubscribe(subscriptions, made, userProperties)));
        driver.turnSoon();
        handlers.begin(registered);
        return answers;
    }

    private List<CompletableFuture<Subscribed>> addSubscribe(
            List<Subscription> subscriptions,
            List<Registrations.Registration> registered,
            List<UserProperty> userProperties) {
        List<SubscribeCall> calls = new ArrayList<>();
        List<CompletableFuture<Subscribed>> awaited = new ArrayList<>();
        List<CompletableFuture<Subscribed>> answers = new ArrayList<>();
        for (int i = 0; i < subscriptions.size(); i++) {
            Registrations.Registration registration = registered.get(i);
            CompletableFuture<Subscribed> answer = new CompletableFuture<>();
            awaited.add(answer);
            // The application is told after that.
            answers.add(
                    answer.whenComplete(
                            (done, failure) -> {
                                if (failure instanceof MqttException.SubscribeRejected) {
                                    handlers.refuse(registration, failure);
                                }
                            }));
            calls.add(new SubscribeCall(nextToken(), subscriptions.get(i)));
        }
        driver.add(
                session -> {
                    for (int i = 0; i < calls.size(); i++) {
                        dispatcher.subscribes.add(calls.get(i).token(), awaited.get(i));
                    }
                    session.subscribe(calls, userProperties);
                });
        return answers;
    }

    @Override
    public CompletableFuture<Void> unsubscribe(String topicFilter) {
        return Together.one(unsubscribeBounded(List.of(topicFilter), List.of()));
    }

    @Override
    public CompletableFuture<Void> unsubscribe(
            List<String> topicFilters, List<UserProperty> userProperties) {
        List<String> unwanted = List.copyOf(topicFilters);
        requireDifferent(unwanted);
        return Together.all(unsubscribeBounded(unwanted, List.copyOf(userProperties)));
    }

    private List<CompletableFuture<Void>> unsubscribeBounded(
            List<String> topicFilters, List<UserProperty> userProperties) {
        requireOpen();
        topicFilters.forEach(Subscription::to); // for its check
        return dispatcher.unsubscribes.admit(topicFilters.size())
                ? unsubscribeAll(topicFilters, userProperties)
                : refused(topicFilters, Waiting.tooMany("unsubscribe()"));
    }

    private static <T> List<CompletableFuture<T>> refused(List<?> calls, MqttException cause) {
        return calls.stream().map(c -> CompletableFuture.<T>failedFuture(cause)).toList();
    }

    private List<CompletableFuture<Void>> unsubscribeAll(
            List<String> topicFilters, List<UserProperty> userProperties) {
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        handlers.find(
                topicFilters,
                ending -> answers.addAll(addUnsubscribe(topicFilters, ending, userProperties)));
        driver.turnSoon();
        return answers;
    }

    private List<CompletableFuture<Void>> addUnsubscribe(
            List<String> topicFilters,
            List<Registrations.@Nullable Registration> ending,
            List<UserProperty> userProperties) {
        List<UnsubscribeCall> calls = new ArrayList<>();
        List<CompletableFuture<Void>> awaited = new ArrayList<>();
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        for (int i = 0; i < topicFilters.size(); i++) {
            String filter = topicFilters.get(i);
            Registrations.Registration registration = ending.get(i);
            CompletableFuture<Void> answer = new CompletableFuture<>();
            awaited.add(answer);
            // The application is told after that: its handler gets nothing more by then.
            answers.add(answer.thenRun(() -> handlers.end(filter, registration)));
            calls.add(new UnsubscribeCall(nextToken(), filter));
        }
        driver.add(
                session -> {
                    for (int i = 0; i < calls.size(); i++) {
                        handlers.isEnding(calls.get(i).topicFilter(), ending.get(i));
                        dispatcher.unsubscribes.add(calls.get(i).token(), awaited.get(i));
                    }
                    session.unsubscribe(calls, userProperties);
                });
        return answers;
    }

    private static void requireDifferent(List<String> topicFilters) {
        if (topicFilters.isEmpty()) {
            throw new IllegalArgumentException("The list is empty: name at least one Topic Filter");
        }
        Set<String> seen = new HashSet<>();
        for (String filter : topicFilters) {
            if (!seen.add(filter)) {
                throw new IllegalArgumentException(
                        "The Topic Filter '" + filter + "' comes twice in one call");
            }
        }
    }

    @Override
    public CompletableFuture<Message> request(Message message, Duration timeout) {
        requireOpen();
        requireTimeout(timeout);
        if (message.responseTopic().isPresent() || message.correlationData().isPresent()) {
            throw new IllegalArgumentException(
                    "request() sets Response Topic and Correlation Data itself: leave them out, or"
                            + " use publish()");
        }
        Requests all = requests();
        MqttException refusal = all.admit(message);
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        CompletableFuture<Message> response = new CompletableFuture<>();
        loop.execute(() -> all.request(message, timeout, response));
        return response;
    }

    /** Made with the first request: most clients make none. */
    private synchronized Requests requests() {
        Requests made = requests;
        if (made == null) {
            Requests first = new Requests(settings, this, loop, completions);
            loop.execute(() -> dispatcher.use(first));
            requests = first;
            made = first;
        }
        return made;
    }

    @Override
    public CompletableFuture<Subscribed> respond(Subscription subscription, Responder responder) {
        return subscribe(subscription, new Responses(this, responder));
    }

    @Override
    public CompletableFuture<Void> disconnect(Consumer<DisconnectOptions> options) {
        requireOpen();
        DisconnectOptions chosen = new DisconnectOptions();
        options.accept(chosen);
        boolean raised = chosen.sessionExpiry().filter(e -> !e.isZero()).isPresent();
        if (raised && settings.sessionExpirySeconds() == 0) {
            throw new IllegalArgumentException(
                    "A session without expiry cannot get one with DISCONNECT (MQTT 5, section 3.14.2.2.2):"
                            + " give sessionExpiry(…) to the builder, and zero here to end it early");
        }
        return disconnect(chosen);
    }

    private CompletableFuture<Void> disconnect(DisconnectOptions options) {
        long token = nextToken();
        CompletableFuture<Void> future = new CompletableFuture<>();
        if (!dispatcher.disconnects.admit(1)) {
            return CompletableFuture.failedFuture(Waiting.tooMany("disconnect()"));
        }
        driver.submit(
                session -> {
                    dispatcher.disconnects.add(token, future);
                    session.disconnect(token, options);
                });
        return future;
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new IllegalStateException("This client is closed; build a new one");
        }
    }

    // ---- messages settled by their handlers

    private void settle(HandOver handOver, ReasonCode outcome) {
        driver.submit(
                session -> {
                    session.settle(handOver.incoming(), outcome, handOver.remarks());
                });
    }

    private void readAsThereIsRoom() {
        driver.submit(session -> session.pause(qos0.isPaused()));
    }

    /** A subscriber has cancelled. */
    private final class Cancelled implements Registrations.Unsubscriber {
        @Override
        public void unsubscribe(String topicFilter) {
            if (!closed.get()) {
                dispatcher.unsubscribes.admitAlways();
                List<String> one = List.of(topicFilter);
                handlers.find(one, ending -> addUnsubscribe(one, ending, List.of()));
            }
        }

        @Override
        public void allNamed() {
            driver.turnSoon();
        }
    }

    // ---- a look at the session

    @Override
    public Session session() {
        requireOpen();
        return look(
                session ->
                        new SessionView(
                                search.inMemory(session),
                                session.queuedMessages(),
                                session.queuedBytes(),
                                session.unhandled(),
                                handlers.dropped(),
                                session.subscriptions(),
                                this::publication));
    }

    private Optional<Publication> publication(long id) {
        requireOpen();
        CompletableFuture<Optional<Publication>> answer = new CompletableFuture<>();
        driver.submit(session -> search.find(session, id, answer));
        return await(answer, LONGEST_LOOK_SECONDS * 1_000);
    }

    private <T> T look(Function<dev.holdfast.mqtt.impl.session.Session, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        driver.submit(session -> answer.complete(question.apply(session)));
        return await(answer, LONGEST_LOOK_SECONDS * 1_000);
    }

    private <T> T await(CompletableFuture<T> answer, long millis) {
        if (driver.isStopped()) {
            throw new IllegalStateException("This client has stopped; the log says why");
        }
        try {
            return answer.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "The client's loop gave no answer within " + millis + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for the client's loop", e);
        }
    }

    // ---- the end

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        MqttException cause =
                new MqttException.ClientClosed(
                        "close() was called; what was stored is still in the store");
        handlers.close(cause);
        sayGoodbye();
        try {
            store.close();
        } catch (StoreException e) {
            LOG.error("{}: closing the store failed", settings.clientIdentifier(), e);
        }
        CompletableFuture<Void> over = new CompletableFuture<>();
        loop.execute(
                () -> {
                    driver.stop(cause);
                    dispatcher.failAll(cause);
                    over.complete(null);
                });
        // Though the driver stops in the course of this: what it completes needs the threads.
        waitForEndOf(over);
        threads.release();
    }

    /**
     * Sends DISCONNECT and has the last batch written. A network that hangs does not hold this up
     * for long.
     */
    private void sayGoodbye() {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        driver.submit(
                session -> {
                    dispatcher.awaitGoodbye(GOODBYE, gone);
                    session.disconnect(GOODBYE, new DisconnectOptions());
                });
        waitAWhile(gone);
        CompletableFuture<Void> frozen = new CompletableFuture<>();
        driver.submit(
                session -> {
                    driver.freeze();
                    frozen.complete(null);
                });
        waitAWhile(frozen);
    }

    /** Waits for a step of the driver, which takes none any more when it has stopped. */
    private void waitAWhile(CompletableFuture<Void> step) {
        if (!driver.isStopped()) {
            waitForEndOf(step);
        }
    }

    private void waitForEndOf(CompletableFuture<Void> step) {
        try {
            step.get(LONGEST_GOODBYE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("{}: closing without waiting any longer", settings.clientIdentifier(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
