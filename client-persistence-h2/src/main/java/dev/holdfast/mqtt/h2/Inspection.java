package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.h2.files.ChunkSeal;
import dev.holdfast.mqtt.h2.files.DamagedChunkException;
import dev.holdfast.mqtt.h2.files.SealedFiles;
import dev.holdfast.mqtt.h2.files.StoreHeader;
import dev.holdfast.mqtt.store.StoreException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.SFChunk;
import org.h2.mvstore.SingleFileStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for damage in a file before H2 opens it for writing. H2 makes the best of what it finds: it
 * goes back to an older state when the newest cannot be read, and drops tables that it does not
 * see. Here the file is read only, and two questions are asked: are the chunks what was written,
 * and is the newest state the one that the store header names?
 *
 * <p>The header is written after each chunk, so a process that dies never leaves one that is ahead
 * of the chunks. A machine that loses power under {@link Durability#POWER_LOSS} may leave the
 * newest chunk in pieces, and one of the header's two blocks that names it; nobody was told that it
 * is stored. It is taken out then.
 */
final class Inspection extends SingleFileStore {
    /** What is read of a file at once. The rest is looked at when it is needed. */
    static final long READ_AT_ONCE = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Inspection.class);
    private static final int BLOCK = 4096;

    private final Set<Integer> whole = new HashSet<>();
    private final long readAtOnce;
    private @Nullable DamagedChunkException damage;
    private int damagedChunk;
    private long damagedVersion = -1;
    private @Nullable IOException unreadable;

    private Inspection(long readAtOnce) {
        super(new HashMap<>());
        this.readAtOnce = readAtOnce;
    }

    /**
     * Inspects a file.
     *
     * @param readAtOnce bytes of it to look at now
     * @throws DamagedStoreException if it is damaged
     * @throws StoreException if it cannot be read for another reason
     */
    static void of(StoreFile file, long readAtOnce) {
        try {
            byte[] bytes = headerBytes(file);
            StoreHeader header = header(file, bytes);
            Inspection inspection = new Inspection(readAtOnce);
            long found;
            try {
                found = inspection.read(file, bytes);
            } catch (DamagedChunkException e) {
                if (!header.isUnderWay(inspection.damagedChunk, inspection.damagedVersion)) {
                    throw e;
                }
                TornChunk.takeOut(file, e, inspection.damagedChunk, inspection.damagedVersion);
                found = new Inspection(readAtOnce).read(file, bytes);
            }
            requireNewest(file, header, found);
        } catch (StoreException e) {
            throw e;
        } catch (MVStoreException | IOException e) {
            throw Errors.inspecting(file, e);
        } catch (RuntimeException e) { // what H2 stumbles over is not what it wrote
            throw Errors.unreadable(file, e);
        }
    }

    private static void requireNewest(StoreFile file, StoreHeader header, long found) {
        long expected = header.isInTurn() ? header.older() : header.newest();
        if (found < expected) {
            throw rolledBack(file, header.newest(), found);
        }
        if (found < header.newest()) {
            TornChunk.warn(file, header.newest());
        }
    }

    /** Returns the version of the newest state that can be read. */
    private long read(StoreFile file, byte[] header) throws IOException {
        @Nullable MVStore store = null;
        try {
            open(H2Engine.layers(Durability.PROCESS_CRASH) + file.path(), true, null);
            store = new MVStore.Builder().adoptFileStore(this).autoCommitDisabled().open();
            SealedFiles.check(
                    file.path(), new SealedFiles.Unchecked(ByteBuffer.wrap(header), readChunks()));
            requireReadable();
            return lastChunkVersion();
        } catch (MVStoreException e) {
            requireReadable();
            if (damage != null) {
                throw damage; // H2 went past it to an older state
            }
            throw e;
        } finally {
            letGo(store);
        }
    }

    private void requireReadable() throws IOException {
        if (unreadable != null) {
            throw unreadable;
        }
    }

    private void letGo(@Nullable MVStore store) {
        if (store != null) {
            store.closeImmediately();
        } else {
            try {
                close();
            } catch (RuntimeException e) {
                LOG.trace("Closed already, or never open", e);
            }
        }
    }

    /**
     * Looks at the newest chunks, and returns those that it leaves. What leads to the newest state
     * was looked at when H2 read it.
     */
    private NavigableMap<Long, Integer> readChunks() throws IOException {
        List<SFChunk> chunks = new ArrayList<>(getChunks().values());
        chunks.sort(Comparator.comparingLong((SFChunk chunk) -> chunk.version).reversed());
        NavigableMap<Long, Integer> left = new TreeMap<>();
        long read = 0;
        for (SFChunk chunk : chunks) {
            long position = chunk.block * BLOCK;
            int length = chunk.len * BLOCK;
            if (position == 0 || chunk.maxLenLive == 0 || whole.contains(chunk.id)) {
                continue; // nothing in it is needed any more, or it was looked at
            }
            read += length;
            if (read <= readAtOnce) {
                requireWhole(chunk);
            } else if (position + length > size()) {
                throw new DamagedChunkException(position, length);
            } else {
                left.put(position, length);
            }
        }
        if (damage != null) {
            throw damage;
        }
        return left;
    }

    @Override
    public ByteBuffer readFully(SFChunk chunk, long position, int length) {
        if (chunk != null) { // null when H2 looks for headers and footers
            requireWhole(chunk);
        }
        return bytes(chunk, position, length);
    }

    /** H2 passes over what cannot be read, as if it were not there; here it is remembered. */
    private ByteBuffer bytes(SFChunk chunk, long position, int length) {
        try {
            return super.readFully(chunk, position, length);
        } catch (MVStoreException e) {
            if (e.getCause() instanceof IOException cause && !(cause instanceof EOFException)) {
                unreadable = cause;
            }
            throw e;
        }
    }

    private void requireWhole(SFChunk chunk) {
        if (whole.contains(chunk.id)) {
            return;
        }
        long position = chunk.block * BLOCK;
        int length = chunk.len * BLOCK;
        if (position + length <= size() && ChunkSeal.isWhole(bytes(chunk, position, length))) {
            whole.add(chunk.id);
            return;
        }
        DamagedChunkException found = new DamagedChunkException(position, length);
        if (damage == null) { // H2 tries the newest state first
            damage = found;
            damagedChunk = chunk.id;
            damagedVersion = chunk.version;
        }
        throw DataUtils.newMVStoreException(
                DataUtils.ERROR_FILE_CORRUPT, "{0}", found.getMessage());
    }

    private static byte[] headerBytes(StoreFile file) {
        try (InputStream bytes = Files.newInputStream(file.path())) {
            return bytes.readNBytes(StoreHeader.LENGTH);
        } catch (IOException e) {
            throw Errors.opening(file, e);
        }
    }

    private static StoreHeader header(StoreFile file, byte[] bytes) {
        StoreHeader header = new StoreHeader(bytes);
        if (header.newest() >= 0) {
            return header;
        }
        String start = new String(bytes, StandardCharsets.ISO_8859_1);
        if (start.startsWith("H2encrypt")) {
            throw Errors.locked(file, null);
        }
        if (start.startsWith("-- H2 0.5")) {
            throw Errors.otherRelease(file, null);
        }
        throw new DamagedStoreException(
                file,
                bytes.length == 0
                        ? "it is empty, and what it held is lost"
                        : "it does not begin as a database does",
                "",
                null);
    }

    private static DamagedStoreException rolledBack(StoreFile file, long expected, long found) {
        return new DamagedStoreException(
                file,
                "the newest of its states that can be read is number "
                        + found
                        + ", and number "
                        + expected
                        + " was written. What was stored last is missing, as after a loss of power"
                        + " without Durability.POWER_LOSS",
                "; or, to go on with the older state, stop all users of the file and execute"
                        + " anything with H2's shell, such as: SELECT COUNT(*) FROM OUTGOING",
                null);
    }
}
