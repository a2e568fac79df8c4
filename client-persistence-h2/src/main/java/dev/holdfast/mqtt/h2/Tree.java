package dev.holdfast.mqtt.h2;

import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.result.DefaultRow;
import org.h2.result.Row;
import org.h2.result.SearchRow;
import org.h2.table.Table;
import org.h2.value.Value;
import org.h2.value.VersionedValue;
import org.jspecify.annotations.Nullable;

/**
 * A table whose primary key is one number, as the tree of rows by key that H2 keeps it in. Rows are
 * put and taken past SQL and past H2's transactions, which cost several times as much as the tree
 * itself; SQL finds what is there. {@link H2Engine#commit} makes a group of changes whole.
 */
final class Tree {
    private final H2Engine engine;
    private final Table table;
    private final MVMap<Long, VersionedValue<SearchRow>> rows;

    Tree(H2Engine engine, Table table, MVMap<Long, VersionedValue<SearchRow>> rows) {
        this.engine = engine;
        this.table = table;
        this.rows = rows;
    }

    /**
     * Puts a new row.
     *
     * @param columns all of the table, the key first
     * @throws IllegalStateException if there is a row with this key
     */
    void insert(long key, Value... columns) {
        if (put(key, columns) != null) {
            throw disagreement(key, "has already a row");
        }
    }

    /**
     * Puts a row in place of another.
     *
     * @throws IllegalStateException if there is no row with this key
     */
    void replace(long key, Value... columns) {
        if (put(key, columns) == null) {
            throw disagreement(key, "has no row");
        }
    }

    @SuppressWarnings("unchecked") // what is committed is a row, in a map of either
    private @Nullable VersionedValue<SearchRow> put(long key, Value[] columns) {
        Row row = table.createRow(columns, DefaultRow.MEMORY_CALCULATE);
        row.setKey(key);
        engine.keepTogether();
        return rows.put(key, (VersionedValue<SearchRow>) (VersionedValue<?>) row);
    }

    /**
     * Takes a row out.
     *
     * @throws IllegalStateException if there is no row with this key
     */
    SearchRow remove(long key) {
        engine.keepTogether();
        return row(key, rows.remove(key));
    }

    /**
     * Looks at a row.
     *
     * @throws IllegalStateException if there is no row with this key
     */
    SearchRow get(long key) {
        return row(key, rows.get(key));
    }

    /** Goes through the rows of a range of keys in their order. Nothing may change meanwhile. */
    Cursor<Long, VersionedValue<SearchRow>> range(long first, long last) {
        return rows.cursor(first, last, false);
    }

    /** The row that a cursor is at. */
    static SearchRow row(Cursor<Long, VersionedValue<SearchRow>> cursor) {
        return cursor.getValue().getCommittedValue();
    }

    private SearchRow row(long key, @Nullable VersionedValue<SearchRow> found) {
        if (found == null) {
            throw disagreement(key, "has no row");
        }
        return found.getCommittedValue();
    }

    private IllegalStateException disagreement(long key, String complaint) {
        return new IllegalStateException(
                table.getName()
                        + " "
                        + complaint
                        + " "
                        + key
                        + ": the client and the file disagree on what is stored");
    }
}
