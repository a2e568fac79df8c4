package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.h2.files.DurableFiles;
import dev.holdfast.mqtt.h2.files.SealedFiles;
import dev.holdfast.mqtt.h2.files.UninterruptibleFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.h2.engine.Constants;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.db.MVPrimaryIndex;
import org.h2.mvstore.db.MVTable;
import org.h2.store.fs.FilePath;
import org.h2.table.Table;

/**
 * All that goes below JDBC: how H2 is opened, made to write safely, and kept small. What is done
 * here rests on the code of one H2 release; the guard tests tell whether another keeps it up.
 */
final class H2Engine {
    /**
     * WRITE_DELAY=0: COMMIT writes before it returns, and H2 runs no threads. RETENTION_TIME=0:
     * space is free again at once, which is safe with one writing connection. DB_CLOSE_ON_EXIT:
     * H2's shutdown hook would close the database under the application's own. MAX_COMPACT_TIME:
     * closing does not rewrite the file; that is done while it is open. CACHE_SIZE: see {@link
     * #cacheSize}. REUSE_SPACE: see {@link #reuseSpace}. OPTIMIZE_REUSE_RESULTS: H2 would not see
     * that a {@link Tree} has changed, and answer a query with the rows of the last time.
     */
    static final String SETTINGS =
            ";WRITE_DELAY=0;RETENTION_TIME=0;DB_CLOSE_ON_EXIT=FALSE;ANALYZE_AUTO=0"
                    + ";CACHE_SIZE="
                    + (cacheSize() << 10)
                    + ";TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0"
                    + ";LOCK_TIMEOUT=10000;MAX_COMPACT_TIME=0;REUSE_SPACE=FALSE"
                    + ";OPTIMIZE_REUSE_RESULTS=0";

    private static final String READ_ONLY =
            ";ACCESS_MODE_DATA=r;IFEXISTS=TRUE;DB_CLOSE_ON_EXIT=FALSE;CACHE_SIZE=4096"
                    + ";TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0";

    /**
     * 1/16 of the heap, within bounds, in MiB: what is in flight should be in it, or its pages are
     * read from the file again when it is acknowledged.
     */
    private static int cacheSize() {
        return (int) Math.max(4, Math.min(32, Runtime.getRuntime().maxMemory() >> 24));
    }

    /** In the store header: closed cleanly. The write of a chunk takes it out. */
    private static final String CLEAN = "clean";

    private static final String USER = "sa";
    private static final String NO_PASSWORD = "";

    /** Chunks with less than this percentage of live pages are worth rewriting. */
    private static final int COMPACT_BELOW = 50;

    /** Bytes rewritten in one go; keeps a pause to some milliseconds. */
    private static final int COMPACT_STEP = 1 << 20;

    /** The same when there is time; so much that the chunk of the largest group can be moved. */
    private static final int SHRINK_STEP = 8 << 20;

    /** A file of fewer bytes is small, however little of it is in use. */
    private static final int SMALL = 1 << 20;

    /** All chunks but the newest have dead pages: those of the layout, written with each chunk. */
    private static final int ANY_CHUNK = 100;

    static {
        FilePath.register(new UninterruptibleFiles());
        FilePath.register(new DurableFiles());
        FilePath.register(new SealedFiles());
    }

    /** Bytes that H2 may have to write before it does so by itself, see {@link #keepTogether}. */
    private static final int HEADROOM = 512 << 20;

    private final Connection connection;
    private final SessionLocal session;
    private final MVStore store;
    private final Path file;
    private boolean spaceReused;

    private H2Engine(Connection connection, SessionLocal session, Path file) {
        this.connection = connection;
        this.session = session;
        this.store = session.getDatabase().getStore().getMvStore();
        this.file = file;
    }

    /**
     * Opens a database, and creates it if there is none.
     *
     * @param layers schemes of further file layers, each with its colon, the outermost first
     * @param database without the ending that H2 appends
     */
    static H2Engine open(String layers, Path database) throws SQLException {
        String url = "jdbc:h2:" + SealedFiles.SCHEME + ":" + layers + database + SETTINGS;
        Path file = Path.of(database + Constants.SUFFIX_MV_FILE);
        try {
            Connection connection =
                    new JdbcConnection(url, new Properties(), USER, NO_PASSWORD, false);
            SessionLocal session =
                    (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
            return new H2Engine(connection, session, file);
        } catch (Throwable e) {
            throw stumbled(file, e);
        }
    }

    /** When opening fails, H2 may leave the file locked, and may not tell why. */
    private static SQLException stumbled(Path file, Throwable thrown) {
        IOException unread = SealedFiles.failure(file);
        SealedFiles.letGo(file);
        if (unread != null) {
            return new SQLException(unread.getMessage(), unread);
        }
        return thrown instanceof SQLException known
                ? known
                : new SQLException(thrown.toString(), thrown);
    }

    /** Opens a database that will not be changed, damaged as it may be. */
    static Connection openToRead(Path database) throws SQLException {
        return new JdbcConnection(
                "jdbc:h2:" + layers(Durability.PROCESS_CRASH) + database + READ_ONLY,
                new Properties(),
                USER,
                NO_PASSWORD,
                false);
    }

    static String layers(Durability durability) {
        String files = UninterruptibleFiles.SCHEME + ":";
        return switch (durability) {
            case PROCESS_CRASH -> files;
            case POWER_LOSS -> DurableFiles.SCHEME + ":" + files;
        };
    }

    Connection connection() {
        return connection;
    }

    /** The names of all tables and views; INFORMATION_SCHEMA takes ten times as long to tell. */
    Set<String> tables() {
        return session.getDatabase().getMainSchema().getAllTablesAndViews(session).stream()
                .map(Table::getName)
                .collect(Collectors.toSet());
    }

    /**
     * Makes the next chunk's write update the store header too. H2 leaves the header alone as long
     * as it leads to the newest chunk over a chain of others; but a chunk may be written over a
     * member of that chain, and a process killed just then leaves a file that opens in an old
     * state. The mark is taken out by the write that honours it.
     */
    void writeHeaderWithNextChunk() {
        store.getStoreHeader().put(CLEAN, 1);
    }

    /**
     * A table whose primary key is its first column, a number. Not to be used after the table was
     * altered.
     */
    Tree tree(String name) {
        MVTable table =
                (MVTable) session.getDatabase().getMainSchema().getTableOrView(session, name);
        if (table.getMainIndexColumn() != 0) {
            // Such as after a script has filled it before it had its primary key.
            throw new IllegalStateException(
                    "Table "
                            + name
                            + " has not its first column as the key of its rows: make it anew with"
                            + " PRIMARY KEY in CREATE TABLE, and copy the rows");
        }
        return new Tree(this, table, ((MVPrimaryIndex) table.getScanIndex(session)).getMVMap());
    }

    /**
     * Keeps H2 from writing a part of what belongs together. It does so by itself, before a change,
     * when it has counted some megabytes that are not written; here the count is set so far back
     * that it never comes to that. The next chunk sets it to zero.
     */
    void keepTogether() {
        int counted = store.getUnsavedMemory();
        if (counted >= 0) {
            store.registerUnsavedMemory(-HEADROOM - counted);
        }
    }

    /** Whether so much waits to be written that H2 would do so, were it not for its headroom. */
    boolean isMuchUnwritten() {
        int counted = store.getUnsavedMemory();
        return counted < 0 && counted + HEADROOM > store.getAutoCommitMemory();
    }

    /**
     * Commits. When this returns, the file holds all that was changed, by SQL and by {@link Tree},
     * and before that nothing of it.
     */
    void commit() throws SQLException {
        writeHeaderWithNextChunk();
        connection.commit();
        store.commit(); // for when SQL had no part in it
        reuseSpace();
    }

    /** Something that is done by several statements. */
    interface Work {
        void run() throws SQLException;
    }

    /**
     * Does what belongs together, its commits included, while nobody else writes a chunk: when the
     * JVM exits, a thread of H2 writes whatever has changed by then. If the work fails, the file is
     * let go of before that thread comes to it.
     */
    void together(Work work) throws SQLException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        store.executeFilestoreOperation(
                () -> {
                    try {
                        keepTogether();
                        work.run();
                    } catch (Throwable e) {
                        failure.set(e);
                        abandon();
                    }
                });
        Throwable thrown = failure.get();
        if (thrown instanceof SQLException e) {
            throw e;
        } else if (thrown instanceof RuntimeException e) {
            throw e;
        } else if (thrown instanceof Error e) {
            throw e;
        }
    }

    /**
     * Has all that the work commits written as one chunk, or nothing of it. H2 commits the parts of
     * some statements by themselves: ALTER TABLE copies the table, drops it, and renames the copy.
     * With a delay that is not zero a commit writes nothing, and with one below zero no thread does
     * so later. After a failure the engine must be abandoned.
     */
    void writeAtOnce(Work work) throws SQLException {
        store.setAutoCommitDelay(-1);
        work.run();
        writeHeaderWithNextChunk();
        store.commit();
        store.setAutoCommitDelay(0);
    }

    /**
     * Commits what SQL has changed, and leaves it to the next chunk to write it. A {@link Tree} has
     * no idea of rows that are not committed.
     */
    void settle() throws SQLException {
        if (session.containsUncommitted()) {
            store.setAutoCommitDelay(-1);
            connection.commit();
            store.setAutoCommitDelay(0);
        }
    }

    /**
     * Lets chunks be written over dead ones, once the header no longer says that the file was
     * closed cleanly. While it does, recovery starts from the wrong end: a process killed between
     * the first chunk, written over a dead one, and the header leaves a file that opens in a state
     * some commits old. So the first chunk after opening goes to the end of the file.
     */
    private void reuseSpace() {
        if (!spaceReused && !store.getStoreHeader().containsKey(CLEAN)) {
            store.setReuseSpace(true);
            spaceReused = true;
        }
    }

    /**
     * Rewrites some sparsely filled chunks; without it a few long-lived rows keep the file growing.
     * Nothing may be uncommitted.
     *
     * @return whether there was something to rewrite
     */
    boolean compact() {
        keepTogether();
        boolean rewritten = store.compact(COMPACT_BELOW, COMPACT_STEP);
        commitChunk();
        return rewritten;
    }

    /** Writes what H2 has changed by itself, if anything. */
    private void commitChunk() {
        writeHeaderWithNextChunk();
        store.commit();
        reuseSpace();
    }

    /** Whether the chunks of a file that is not small hold more dead pages than live ones. */
    boolean isMostlyDead() {
        return size() > SMALL && store.getFileStore().getChunksFillRate() < COMPACT_BELOW;
    }

    /** Whether there is more room between the chunks of a file that is not small than in them. */
    boolean isMostlyHoles() {
        return size() > SMALL && store.getFileStore().getFillRate() < COMPACT_BELOW;
    }

    /**
     * Brings a file of much waste nearer to what it need be when there is nothing for {@link
     * #compact} to do. H2 gives the space of dead chunks back only as it writes later ones, and
     * writes none without a change; so here is a change. Once the dead are gone, chunks that are
     * alive may stand behind large holes: they are rewritten however full they are, which puts them
     * into the holes. Nothing may be uncommitted.
     */
    void shrink() {
        keepTogether();
        boolean moved = isMostlyHoles() && store.compact(ANY_CHUNK, SHRINK_STEP);
        if (!moved) {
            store.setStoreVersion(store.getStoreVersion()); // H2 itself makes no use of it
        }
        commitChunk();
    }

    /** Lets go of what is kept of the file in memory, if it is more than 1 MiB. */
    void forgetPages() {
        if (store.getCacheSizeUsed() >= 1) {
            store.setCacheSize(cacheSize());
        }
    }

    /** Of the file, in bytes. */
    long size() {
        return store.getFileStore().size();
    }

    void close() throws SQLException {
        try {
            connection.close();
        } finally {
            SealedFiles.letGo(file);
        }
    }

    /**
     * Lets go of the file without another write to it, as if the process had died. The statement
     * SHUTDOWN IMMEDIATELY would not do: it undoes what SQL has not committed, and then commits,
     * which puts what a {@link Tree} holds of an unfinished group into the file.
     */
    void abandon() {
        try {
            if (!session.isClosed()) {
                session.getDatabase().shutdownImmediately();
            }
        } finally {
            SealedFiles.letGo(file);
        }
    }
}
