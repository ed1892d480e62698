package dev.sayiir.samples.orders;

import dev.sayiir.persistence.SignalRefusedException;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.TerminalStateException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** Tells callers what was wrong, as problem details (RFC 9457). */
@RestControllerAdvice
class OrderProblems extends ResponseEntityExceptionHandler {

    @ExceptionHandler
    ProblemDetail notFound(SnapshotNotFoundException e) {
        return problem(HttpStatus.NOT_FOUND, "There is no such order");
    }

    @ExceptionHandler
    ProblemDetail exists(OrderExistsException e) {
        return problem(HttpStatus.CONFLICT, String.valueOf(e.getMessage()));
    }

    @ExceptionHandler({SignalRefusedException.class, TerminalStateException.class})
    ProblemDetail finished() {
        return problem(HttpStatus.CONFLICT, "The order is finished: that is not possible any more");
    }

    /** A parameter that is out of its range, such as a limit or a status. */
    @ExceptionHandler
    ProblemDetail badParameter(IllegalArgumentException e) {
        return problem(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        List<String> errors = e.getBindingResult().getFieldErrors().stream()
                .map(error -> error.getField() + " " + error.getDefaultMessage())
                .sorted()
                .toList();
        ProblemDetail problem = e.getBody();
        problem.setDetail(String.join("; ", errors));
        return handleExceptionInternal(e, problem, headers, status, request);
    }

    private static ProblemDetail problem(HttpStatus status, String detail) {
        return ProblemDetail.forStatusAndDetail(status, detail);
    }
}
