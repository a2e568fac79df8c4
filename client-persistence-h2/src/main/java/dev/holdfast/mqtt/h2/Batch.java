package dev.holdfast.mqtt.h2;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;

/** Executions of one statement that wait to be done together, and how many rows each must touch. */
final class Batch {
    /** For statements that may find nothing. */
    static final int ANY = -1;

    private final H2Engine engine;
    private final String sql;
    private final PreparedStatement statement;
    private int[] expected = new int[64];
    private int size;

    Batch(H2Engine engine, String sql) throws SQLException {
        this.engine = engine;
        this.sql = sql;
        this.statement = engine.connection().prepareStatement(sql);
    }

    /** To set the parameters of the next execution. */
    PreparedStatement next() {
        return statement;
    }

    void add(int rows) throws SQLException {
        statement.addBatch();
        if (size == expected.length) {
            expected = Arrays.copyOf(expected, size * 2);
        }
        expected[size++] = rows;
    }

    /**
     * Executes what waits.
     *
     * @throws IllegalStateException if a statement touched fewer or more rows than it must
     */
    void execute() throws SQLException {
        if (size == 0) {
            return;
        }
        int executions = size;
        size = 0;
        engine.writeHeaderWithNextChunk(); // much data is written before it is committed
        int[] touched = statement.executeBatch();
        for (int i = 0; i < executions; i++) {
            if (expected[i] != ANY && touched[i] != expected[i]) {
                throw new IllegalStateException(
                        "'"
                                + sql
                                + "' touched "
                                + touched[i]
                                + " rows and not "
                                + expected[i]
                                + ": the client and the file disagree on what is stored");
            }
        }
    }
}
