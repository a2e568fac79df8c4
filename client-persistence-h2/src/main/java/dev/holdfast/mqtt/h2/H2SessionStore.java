package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.SessionStore;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps sessions in an embedded H2 database: one file, one process at a time, any number of
 * clients. The file is opened with the first session and closed with the last.
 *
 * <pre>{@code
 * MqttClient.newBuilder(URI.create("mqtts://broker.example"))
 *         .clientIdentifier("press-17")
 *         .store(H2SessionStore.at(Path.of("press-17")))   // the file press-17.mv.db
 * }</pre>
 *
 * <p>The file belongs on a local disk: locks on network file systems cannot be relied on. Beside it
 * lies {@code press-17.owner} while it is open, which says who has it open. Credentials are never
 * stored; messages are, in clear text.
 *
 * <p>Safe for use by several threads. All work is done by one thread of the open store; the
 * callbacks of a {@link StoredSession} come from it and should be short. They may call {@link
 * StoredSession#write} and {@link StoredSession#readQueued}, but neither open nor close a session.
 *
 * <p>A damaged file is noticed by checksums, and what happens then is chosen with {@link
 * #whenDamaged}. Damage may also be found while the store is open, in parts of a large file that
 * were not needed before; then its sessions fail, and the policy is followed when the store is
 * opened again.
 *
 * <p>When a write fails, all sessions of the store fail, because what the file holds is not known
 * for sure then. Once all are closed, the store may be opened again and holds every batch that was
 * reported as stored.
 */
public final class H2SessionStore implements SessionStore {
    private final StoreFile file;
    private final Opening opening;
    private final WhenDamaged whenDamaged;
    private final Set<String> open = new HashSet<>();
    private volatile @Nullable Writer writer;

    /** Found when the store was last open. */
    private volatile @Nullable DamagedStoreException damage;

    /** How the database is opened. Tests put other file layers and schemas in. */
    interface Opening {
        Database open(StoreFile file) throws SQLException;
    }

    H2SessionStore(Path path, Opening opening) {
        this(new StoreFile(path), opening, WhenDamaged.FAIL);
    }

    private H2SessionStore(StoreFile file, Opening opening, WhenDamaged whenDamaged) {
        this.file = file;
        this.opening = opening;
        this.whenDamaged = whenDamaged;
    }

    /**
     * A store whose batches survive the death of the process.
     *
     * @param path where it lies; {@code .mv.db} is appended unless it is there. Missing folders are
     *     created when the store is opened
     * @return closed so far; nothing is on disk before the first session is opened
     * @throws IllegalArgumentException if the path has no file name or contains a semicolon
     */
    public static H2SessionStore at(Path path) {
        return at(path, Durability.PROCESS_CRASH);
    }

    /**
     * A store.
     *
     * @param path where it lies; {@code .mv.db} is appended unless it is there. Missing folders are
     *     created when the store is opened
     * @param durability what a stored batch survives. A choice of each opening, not of the file
     * @return closed so far; nothing is on disk before the first session is opened
     * @throws IllegalArgumentException if the path has no file name or contains a semicolon
     */
    public static H2SessionStore at(Path path, Durability durability) {
        Objects.requireNonNull(durability);
        return new H2SessionStore(
                path,
                file -> {
                    Database database =
                            Database.open(file, H2Engine.layers(durability), Schema.STEPS);
                    if (durability == Durability.POWER_LOSS) {
                        file.forceFolders();
                    }
                    return database;
                });
    }

    /**
     * A store like this one, with a policy for a damaged file. This one stays as it is; open only
     * one of them.
     *
     * @param policy {@link WhenDamaged#FAIL} by default
     * @return closed so far
     */
    public H2SessionStore whenDamaged(WhenDamaged policy) {
        return new H2SessionStore(file, opening, Objects.requireNonNull(policy));
    }

    /**
     * Opens the session of one client, an empty one if there is none yet. Waits for the disk; a
     * session with many messages in flight or in its inbox takes longer, a long queue does not.
     *
     * @param clientIdentifier not empty
     * @return the session, for the caller alone until it is closed
     * @throws StoreException if the store cannot be opened or read, is in use by another process,
     *     or the session is in use by another client of this process
     * @throws IllegalArgumentException if the client identifier is empty
     * @throws IllegalStateException if called from a callback of this store
     */
    @Override
    public StoredSession open(String clientIdentifier) {
        if (clientIdentifier.isEmpty()) {
            throw new IllegalArgumentException(
                    "A session that outlives its process needs a client identifier");
        }
        requireNoCallback(writer, "opened");
        synchronized (this) {
            if (open.contains(clientIdentifier)) {
                throw new StoreException(
                        "The session of '"
                                + clientIdentifier
                                + "' in store "
                                + file
                                + " is in use by another client of this process. Close that one, or"
                                + " give this one another client identifier",
                        null);
            }
            try {
                return openOnce(clientIdentifier);
            } catch (DamagedStoreException e) {
                if (whenDamaged == WhenDamaged.FAIL || !open.isEmpty()) {
                    throw e;
                }
                return openOnce(clientIdentifier); // the damaged file is set aside first
            }
        }
    }

    private StoredSession openOnce(String clientIdentifier) {
        Writer current = writer;
        if (current == null) {
            current = start();
        }
        try {
            Request.Opened opened = current.open(clientIdentifier);
            open.add(clientIdentifier);
            return new H2StoredSession(this, current, opened.session(), opened.recovered());
        } finally {
            stopIfUnused();
        }
    }

    private Writer start() {
        file.claim();
        try {
            Writer started = Writer.start(file, this::openDatabase);
            writer = started;
            return started;
        } catch (RuntimeException e) {
            file.release();
            throw e;
        }
    }

    /** In the writer's thread, which nobody interrupts. */
    private Database openDatabase(StoreFile file) {
        DamagedStoreException known = damage;
        damage = null;
        if (known != null && whenDamaged == WhenDamaged.SET_ASIDE) {
            SetAside.run(file, known);
        }
        try {
            return opened(file);
        } catch (DamagedStoreException e) {
            if (whenDamaged == WhenDamaged.FAIL) {
                throw e;
            }
            SetAside.run(file, e);
            return opened(file);
        }
    }

    private Database opened(StoreFile file) {
        try {
            return opening.open(file);
        } catch (SQLException | RuntimeException e) {
            throw Errors.opening(file, e);
        }
    }

    private void stopIfUnused() {
        Writer current = writer;
        if (current != null && open.isEmpty()) {
            current.stop();
            damage = current.damage();
            writer = null;
            file.release();
        }
    }

    /** A session has ended, and nothing of it waits for the writer. */
    synchronized void closed(String clientIdentifier) {
        open.remove(clientIdentifier);
        stopIfUnused();
    }

    /** The writer's thread cannot wait for itself. */
    void requireNoCallback(@Nullable Writer current, String attempt) {
        if (current != null && current.isCurrentThread()) {
            throw new IllegalStateException(
                    "A session of store "
                            + file
                            + " cannot be "
                            + attempt
                            + " within a callback of the store; do it in another thread");
        }
    }

    /** Names the file. */
    @Override
    public String toString() {
        return "H2SessionStore[" + file + "]";
    }
}
