package dev.holdfast.mqtt.h2.files;

import org.h2.mvstore.Chunk;
import org.h2.mvstore.DataUtils;
import org.jspecify.annotations.Nullable;

/**
 * The start of a file: two blocks, each of which names the newest chunk, and has a checksum.
 *
 * <p>H2 writes the same into both. {@link DurableFiles} writes one of them in turn, so that the
 * other goes on to lead to what the disk is known to hold. H2 reads both, and begins with the newer
 * one that leads to a chunk.
 */
public final class StoreHeader {
    /** Of one block, in bytes. */
    static final int BLOCK = 4096;

    /** Of both blocks, in bytes. */
    public static final int LENGTH = 2 * BLOCK;

    private static final int HEXADECIMAL = 16;

    /**
     * While tables are made or changed, H2 writes chunks that no header names, but a header for at
     * least each twenty.
     */
    private static final int MOST_UNNAMED = 21;

    private final long[] versions = {-1, -1};
    private final int[] chunks = {-1, -1};
    private final boolean closedCleanly;

    /**
     * Reads one.
     *
     * @param bytes the start of a file; less than {@link #LENGTH} where the file is shorter
     */
    public StoreHeader(byte[] bytes) {
        boolean clean = false;
        for (int i = 0; i < 2 && (i + 1) * BLOCK <= bytes.length; i++) {
            byte[] block = new byte[BLOCK];
            System.arraycopy(bytes, i * BLOCK, block, 0, BLOCK);
            @Nullable String text = ChunkSeal.checked(block);
            @Nullable String version = text == null ? null : DataUtils.getFromMap(text, "version");
            if (version != null) {
                versions[i] = Long.parseLong(version, HEXADECIMAL);
                @Nullable String chunk = DataUtils.getFromMap(text, "chunk");
                chunks[i] = chunk == null ? 0 : Integer.parseInt(chunk, HEXADECIMAL);
                clean |= DataUtils.getFromMap(text, "clean") != null;
            }
        }
        closedCleanly = clean;
    }

    /** The version of the newest chunk that is named; -1 if none is. */
    public long newest() {
        return Math.max(versions[0], versions[1]);
    }

    /** The version of the chunk that the older block names; -1 if it does not say. */
    public long older() {
        return Math.min(versions[0], versions[1]);
    }

    /** Whether it says that the file was closed cleanly. */
    boolean isClosedCleanly() {
        return closedCleanly;
    }

    /** Whether both blocks say the same, as H2 writes them. */
    boolean agrees() {
        return versions[0] == versions[1];
    }

    /**
     * Whether one block was written and the other left, as {@link DurableFiles} does it. Blocks
     * that are far apart were both written, and the disk kept one of them.
     */
    public boolean isInTurn() {
        int newer = versions[0] > versions[1] ? 0 : 1;
        return !agrees() && older() >= 0 && isNext(chunks[1 - newer], chunks[newer]);
    }

    /**
     * Whether a chunk that is not whole was being written when power failed: both blocks name what
     * was stored, but for the moment in which the first of them is written.
     *
     * @param chunk its number; chunks are counted, while versions may be left out
     */
    public boolean isUnderWay(int chunk, long version) {
        int newer = versions[0] > versions[1] ? 0 : 1;
        return version == newest()
                ? isInTurn()
                : version > newest() && isNext(chunks[newer], chunk);
    }

    private static boolean isNext(int before, int chunk) {
        return ((chunk - before) & Chunk.MAX_ID) <= MOST_UNNAMED;
    }

    /**
     * The block that may be lost while a version is written; the other one names the chunk before.
     *
     * @return -1 if no other does
     */
    int spare(long version) {
        int kept = -1;
        for (int i = 0; i < 2; i++) {
            boolean before = versions[i] >= 0 && versions[i] < version;
            if (before && (kept < 0 || versions[i] > versions[kept])) {
                kept = i;
            }
        }
        return kept < 0 ? -1 : 1 - kept;
    }

    /** Notes that a block was written. */
    void written(int block, StoreHeader next) {
        versions[block] = next.versions[0];
        chunks[block] = next.chunks[0];
    }
}
