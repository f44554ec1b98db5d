//! One HTTP request, and what is answered.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{
        ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, ETAG, EXPIRES, HeaderName, HeaderValue,
        IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    },
};
use tokio::{runtime::Handle, time::timeout};
use tpm2ca_authority::{Freshness, Lookup, OcspAnswer, OcspResponder};
use tpm2ca_x509::{
    UnixTime,
    ocsp::{ErrorStatus, OcspRequest, ocsp_error},
};

use crate::{
    news::News,
    path::{Meaning, Paths, request_in_path},
};

/// Answers the requests of all connections of a thread.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) responder: Arc<OcspResponder>,
    pub(crate) news: Arc<News>,
    /// Where there are threads that may wait for a signature.
    pub(crate) signing: Handle,
    pub(crate) paths: Paths,
    pub(crate) body_timeout: Duration,
}

type Reply = Response<Full<Bytes>>;

impl Service {
    pub(crate) async fn reply(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Reply, Infallible> {
        Ok(match *request.method() {
            Method::POST => self.post(request).await,
            Method::GET | Method::HEAD => self.get(request).await,
            _ => {
                let mut reply = talk(StatusCode::METHOD_NOT_ALLOWED, "use GET or POST\n");
                reply
                    .headers_mut()
                    .insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
                reply
            }
        })
    }

    async fn post(self: Arc<Self>, request: Request<Incoming>) -> Reply {
        if self.paths.meaning(request.uri().path()) != Some(Meaning::Responder) {
            return not_found();
        }
        let kind = request.headers().get(CONTENT_TYPE);
        if kind.is_some_and(|kind| !is_ocsp_request(kind.as_bytes())) {
            return talk(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send application/ocsp-request\n",
            );
        }
        let body = request.into_body();
        if body.size_hint().lower() > OcspRequest::MAX_LEN as u64 {
            return too_large();
        }
        let body = Limited::new(body, OcspRequest::MAX_LEN).collect();
        match timeout(self.body_timeout, body).await {
            Ok(Ok(body)) => {
                let answer = self.answer(body.to_bytes()).await;
                self.give(answer, None)
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(),
            Ok(Err(_)) => talk(StatusCode::BAD_REQUEST, "the body is broken\n"),
            Err(_) => closing(talk(
                StatusCode::REQUEST_TIMEOUT,
                "the body is not coming\n",
            )),
        }
    }

    async fn get(self: Arc<Self>, request: Request<Incoming>) -> Reply {
        match self.paths.meaning(request.uri().path()) {
            Some(Meaning::Request(text)) => match request_in_path(text) {
                Some(der) => {
                    let answer = self.answer(der.into()).await;
                    self.give(answer, Some(request.headers()))
                }
                None => not_found(),
            },
            // Somebody with a browser.
            Some(Meaning::Responder) => talk(StatusCode::OK, "This is an OCSP responder.\n"),
            None => not_found(),
        }
    }

    /// What takes a signature is not done on a thread that serves others.
    async fn answer(self: &Arc<Self>, request: Bytes) -> OcspAnswer {
        let responder = Arc::clone(&self.responder);
        let signing = if self.news.catch_up(&self.responder) {
            match self.responder.lookup(&request) {
                Lookup::Hit(answer) => return answer,
                Lookup::Miss(ticket) => {
                    self.signing.spawn_blocking(move || responder.sign(&ticket))
                }
            }
        } else {
            // The records cannot be read, or there is much to import.
            self.signing
                .spawn_blocking(move || responder.answer(&request))
        };
        signing.await.unwrap_or_else(|_| OcspAnswer {
            der: ocsp_error(ErrorStatus::InternalError),
            freshness: None,
        })
    }

    /// With the headers of RFC 5019 section 6.2. `conditions` are those of a request that asks for news only.
    fn give(&self, answer: OcspAnswer, conditions: Option<&HeaderMap>) -> Reply {
        let OcspAnswer { der, freshness } = answer;
        let Some(freshness) = freshness else {
            let mut reply = Response::new(Full::new(der.into()));
            let headers = reply.headers_mut();
            headers.insert(CONTENT_TYPE, OCSP_RESPONSE);
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            return reply;
        };
        let Freshness {
            this_update,
            next_update,
            sha1,
        } = freshness;
        let tag = etag(sha1);
        let is_known = conditions.is_some_and(|headers| is_known(headers, &tag, this_update));
        let mut reply = Response::new(Full::new(if is_known { Bytes::new() } else { der.into() }));
        if is_known {
            *reply.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = reply.headers_mut();
        let left = next_update.saturating_sub(self.responder.now()).max(0);
        let mut set = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        };
        set(
            LAST_MODIFIED,
            httpdate::fmt_http_date(system_time(this_update)),
        );
        set(EXPIRES, httpdate::fmt_http_date(system_time(next_update)));
        set(ETAG, tag);
        set(
            CACHE_CONTROL,
            format!("max-age={left}, public, no-transform, must-revalidate"),
        );
        headers.insert(CONTENT_TYPE, OCSP_RESPONSE);
        reply
    }
}

const OCSP_RESPONSE: HeaderValue = HeaderValue::from_static("application/ocsp-response");

/// Without parameters, which it has none of but may be sent with.
fn is_ocsp_request(kind: &[u8]) -> bool {
    let end = kind
        .iter()
        .position(|octet| *octet == b';')
        .unwrap_or(kind.len());
    kind.get(..end).is_some_and(|kind| {
        kind.trim_ascii()
            .eq_ignore_ascii_case(b"application/ocsp-request")
    })
}

/// As RFC 5019 section 6.2 makes it, of the SHA-1 of the answer.
fn etag(sha1: [u8; 20]) -> String {
    let mut tag = String::with_capacity(42);
    tag.push('"');
    for octet in sha1 {
        for digit in [octet >> 4, octet & 15] {
            tag.extend(char::from_digit(digit.into(), 16));
        }
    }
    tag.push('"');
    tag
}

/// Whether the client has this very answer (RFC 9110 section 13.2.2).
fn is_known(headers: &HeaderMap, tag: &str, this_update: UnixTime) -> bool {
    if let Some(tags) = headers.get(IF_NONE_MATCH) {
        return tags.to_str().is_ok_and(|tags| {
            tags.split(',')
                .map(|one| one.trim().trim_start_matches("W/"))
                .any(|one| one == tag || one == "*")
        });
    }
    let since = headers
        .get(IF_MODIFIED_SINCE)
        .and_then(|since| httpdate::parse_http_date(since.to_str().ok()?).ok());
    since.is_some_and(|since| since >= system_time(this_update))
}

fn system_time(time: UnixTime) -> SystemTime {
    // HTTP dates end with the year 9999; what is beyond is shown as its end.
    let seconds = u64::try_from(time).unwrap_or(0).min(LAST_HTTP_DATE);
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// 9999-12-31T23:59:59Z
const LAST_HTTP_DATE: u64 = 253_402_300_799;

fn not_found() -> Reply {
    talk(StatusCode::NOT_FOUND, "there is nothing here\n")
}

/// The rest of the body is not waited for.
fn too_large() -> Reply {
    closing(talk(
        StatusCode::PAYLOAD_TOO_LARGE,
        "a request has at most 256 KiB\n",
    ))
}

fn closing(mut reply: Reply) -> Reply {
    reply
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    reply
}

fn talk(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_clients() {
        let tag = etag([0x5a; 20]);
        assert_eq!(tag.len(), 42);
        let with = |name: HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            is_known(&headers, &tag, 784_111_777)
        };
        assert!(with(IF_NONE_MATCH, &tag));
        assert!(with(IF_NONE_MATCH, &format!("\"other\", W/{tag}")));
        assert!(with(IF_NONE_MATCH, "*"));
        assert!(!with(IF_NONE_MATCH, "\"other\""));
        assert!(with(IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!with(IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT"));
        assert!(!with(IF_MODIFIED_SINCE, "yesterday"));
        assert!(!is_known(&HeaderMap::new(), &tag, 0));
    }

    #[test]
    fn types_of_requests() {
        assert!(is_ocsp_request(b"application/ocsp-request"));
        assert!(is_ocsp_request(b"Application/OCSP-Request ; x=y"));
        assert!(!is_ocsp_request(b"application/ocsp-response"));
        assert!(!is_ocsp_request(b""));
    }

    #[test]
    fn times_beyond_http_do_not_panic() {
        for time in [UnixTime::MIN, -1, 0, UnixTime::MAX] {
            assert!(!httpdate::fmt_http_date(system_time(time)).is_empty());
        }
    }
}
