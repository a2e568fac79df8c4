package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import java.sql.SQLException;
import java.util.List;
import org.h2.api.ErrorCode;

/** The open file with its prepared statements. Used by one thread. */
final class Database {
    private static final int COMMITS_BETWEEN_COMPACTIONS = 256;

    /** An end to rewriting while nothing else happens; more commits allow more of it. */
    private static final int COMPACTIONS_WHEN_IDLE = 512;

    /** Shrinking may rewrite so much more than a compaction, and counts as so many. */
    private static final int COMPACTIONS_PER_SHRINK = 8;

    private final H2Engine engine;
    private final GroupWriter groups;
    private final SessionReader sessions;
    private int commitsSinceCompaction;
    private int idleCompactionsLeft;

    /** Size of the file, in bytes, when all the moving that is allowed had not helped; or zero. */
    private long stuckAt;

    private boolean uncommitted;

    private Database(StoreFile file, H2Engine engine) throws SQLException {
        this.engine = engine;
        Rows rows = new Rows(file);
        groups = new GroupWriter(engine, rows);
        sessions = new SessionReader(engine, file, rows);
    }

    /**
     * Opens the file, and creates it if there is none.
     *
     * @param layers file layers for H2, see {@link H2Engine#layers}
     * @param schema see {@link Schema#STEPS}
     */
    static Database open(StoreFile file, String layers, List<List<String>> schema)
            throws SQLException {
        return open(file, layers, schema, Inspection.READ_AT_ONCE);
    }

    static Database open(
            StoreFile file, String layers, List<List<String>> schema, long inspectAtOnce)
            throws SQLException {
        if (file.exists()) {
            Inspection.of(file, inspectAtOnce);
        } else {
            create(file, layers, schema);
        }
        H2Engine engine = H2Engine.open(layers, file.base());
        try {
            Schema.migrate(engine, file, schema);
            engine.connection().setAutoCommit(false);
            return new Database(file, engine);
        } catch (Throwable e) {
            abandonAfter(engine, e);
            throw e;
        }
    }

    /**
     * Creates the file under another name and moves it into place when it has all tables: whoever
     * dies in between leaves nothing that looks like a damaged store.
     */
    private static void create(StoreFile file, String layers, List<List<String>> schema)
            throws SQLException {
        H2Engine engine;
        try {
            engine = H2Engine.open(layers, file.unfinished());
        } catch (SQLException e) {
            if (e.getErrorCode() == ErrorCode.DATABASE_ALREADY_OPEN_1) {
                throw Errors.inUse(file, e);
            }
            file.removeUnfinished(); // left by someone who died; nothing was ever stored in it
            engine = H2Engine.open(layers, file.unfinished());
        }
        try {
            Schema.create(engine, file, schema);
            engine.close();
        } catch (Throwable e) {
            abandonAfter(engine, e);
            throw e;
        }
        file.finish();
    }

    private static void abandonAfter(H2Engine engine, Throwable failure) {
        try {
            engine.abandon();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Finds or makes a session. What that writes is committed with the next group or in a quiet
     * moment: nothing rests on it, and many clients may open their sessions in a row.
     */
    SessionRow openSession(String clientIdentifier) throws SQLException {
        uncommitted = true;
        return sessions.open(clientIdentifier);
    }

    Recovered recover(SessionRow session) throws SQLException {
        return sessions.recover(session);
    }

    List<OutgoingMessage> readQueued(
            SessionRow session, long afterSequence, int maximumMessages, long maximumBytes)
            throws SQLException {
        return sessions.readQueued(session, afterSequence, maximumMessages, maximumBytes);
    }

    /** Writes a group. When this returns, it is as safe as the store promises. */
    void store(Group group) throws SQLException {
        groups.write(group);
        uncommitted = false;
        commitsSinceCompaction++;
        idleCompactionsLeft = COMPACTIONS_WHEN_IDLE;
    }

    /** Keeps the file small while there is no quiet moment. */
    void compactWhenDue() {
        if (commitsSinceCompaction >= COMMITS_BETWEEN_COMPACTIONS) {
            commitsSinceCompaction = 0;
            engine.compact();
        }
    }

    private void commit() throws SQLException {
        engine.commit();
        uncommitted = false;
    }

    /** Whether there is something to do while nobody wants anything. */
    boolean hasIdleWork() {
        return uncommitted || idleCompactionsLeft > 0;
    }

    /** A little of what can wait, in some milliseconds. */
    void doIdleWork() throws SQLException {
        if (uncommitted) {
            commit();
        } else {
            commitsSinceCompaction = 0;
            idleCompactionsLeft = Math.max(0, idleCompactionsLeft - compactWhenIdle());
        }
        engine.forgetPages();
    }

    /** Returns how many compactions that counts as. */
    private int compactWhenIdle() {
        if (engine.compact()) {
            return 1;
        }
        boolean movable = engine.isMostlyHoles() && engine.size() != stuckAt;
        if (!movable && !engine.isMostlyDead()) {
            return idleCompactionsLeft;
        }
        engine.shrink();
        if (idleCompactionsLeft <= COMPACTIONS_PER_SHRINK) {
            stuckAt = engine.size(); // such as by a huge chunk at the end of the file
        }
        return COMPACTIONS_PER_SHRINK;
    }

    void close() throws SQLException {
        try {
            if (uncommitted) {
                commit();
            }
            engine.close();
        } catch (Throwable e) {
            // Or H2 would keep the file open, and nobody in this process could open it again.
            abandonAfter(engine, e);
            throw e;
        }
    }

    void abandon() {
        engine.abandon();
    }
}
