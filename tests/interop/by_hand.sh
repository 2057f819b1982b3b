#!/usr/bin/env bash
# What an authorization server does, asked with curl and without carinbb: the truth that verdicts are held against.
#
#   by_hand.sh FOLDER CA
#
# FOLDER holds the target.toml of provider.py and the files of its secrets. Prints one line per question. Needs curl, jq, openssl.
set -euo pipefail

folder=$1 ca=$2
base=$(sed -n 's/^base = "\(.*\)"/\1/p' "$folder/target.toml")
origin=${base%/fhir}
back=https://app.example/callback
scope="openid fhirUser launch/patient offline_access patient/Patient.read patient/Coverage.read patient/ExplanationOfBenefit.read"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

id() { sed -n "/^\[clients.$1\]/,/^\[/s/^client_id = \"\(.*\)\"/\1/p" "$folder/target.toml"; }
secret() { cat "$folder/$1-secret"; }
web() { curl --silent --show-error --cacert "$ca" "$@"; }
say() { printf '%-66s %s\n' "$1" "$2"; }

verifier=$(openssl rand -hex 32)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d =)

# The address of an authorization request; each argument replaces or (NAME=) removes a parameter.
request() {
  local -A given=([response_type]=code [client_id]=$(id confidential) [redirect_uri]=$back [scope]=$scope [state]=st-1
    [aud]=$base [nonce]=n-1 [code_challenge]=$challenge [code_challenge_method]=S256)
  local pair name query=
  for pair in "$@"; do given[${pair%%=*}]=${pair#*=}; done
  for name in "${!given[@]}"; do
    [ -z "${given[$name]}" ] || query+="&$name=$(jq -rn --arg v "${given[$name]}" '$v|@uri')"
  done
  printf '%s' "$origin/o/authorize/?${query#&}"
}

hidden() { sed -n "s/.*name=\"$1\"[^>]* value=\"\([^\"]*\)\".*/\1/p; s/.*value=\"\([^\"]*\)\"[^>]* name=\"$1\".*/\1/p" "$2" | head -1 | sed "s/&#x27;/'/g; s/&quot;/\"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g"; }

# Signs a member in, once for each jar.
sign_in() {
  local jar=$work/$1 page=$work/page
  web -c "$jar" -b "$jar" -o "$page" "$origin/accounts/login/"
  web -c "$jar" -b "$jar" -o /dev/null -e "$origin/accounts/login/" --data-urlencode "csrfmiddlewaretoken=$(hidden csrfmiddlewaretoken "$page")" \
    --data-urlencode "username=$(cat "$folder/$1-username")" --data-urlencode "password=$(cat "$folder/$1-password")" "$origin/accounts/login/"
}

# Where an authorization request ends: a redirect to the app, or the status of a page. The first argument is the member, the second the button.
authorize() {
  local member=$1 button=$2 jar=$work/$1 page=$work/page url status name
  url=$(request "${@:3}")
  status=$(web -c "$jar" -b "$jar" -o "$page" -w '%{http_code} %{redirect_url}' "$url")
  if [ "${status%% *}" != 200 ]; then printf '%s' "$status"; return; fi
  grep -q authorizationForm "$page" || { printf '200 without a form'; return; }
  local fields=()
  while read -r name; do fields+=(--data-urlencode "$name=$(hidden "$name" "$page")"); done \
    < <(grep -o '<input type="hidden"[^>]*' "$page" | sed 's/.*name="\([^"]*\)".*/\1/')
  [ "$button" = deny ] || fields+=(--data-urlencode allow=Authorize)
  web -c "$jar" -b "$jar" -o /dev/null -w '%{http_code} %{redirect_url}' -e "$url" "${fields[@]}" "$url"
}

code() { authorize "$@" | sed -n 's/.*[?&]code=\([^&]*\).*/\1/p'; }

# A token request; the first argument is who calls: a client's name for Basic, or "nobody".
token() {
  local who=$1 basic=()
  [ "$who" = nobody ] || basic=(-u "$(id "$who"):$(secret "$who")")
  web -D "$work/headers" -o "$work/body" -w '%{http_code}' "${basic[@]}" "${@:2}" "$origin/o/token/"
}
answer() { jq -r "$1 // \"-\"" "$work/body"; }
told() { printf '%s %s' "$1" "$(answer .error)"; }
exchange() { token "$1" -d grant_type=authorization_code -d "redirect_uri=$back" "${@:2}"; }
fresh() { exchange confidential -d "code=$(code first allow "$@")" -d "code_verifier=$verifier" > /dev/null; }
fhir() { web -o "$work/fhir" -w '%{http_code}' -H "authorization: Bearer $1" "$base/$2"; }
introspect() { web -u "$(id "$1"):$(secret "$1")" -d "token=$2" "$origin/o/introspect/"; }

echo "== pages"
say "login page may be framed?" "$(web -D - -o /dev/null "$origin/accounts/login/" | tr -d '\r' | grep -iE '^(x-frame-options|content-security-policy)' || echo 'no header')"
say "a browser without a session" "$(web -o /dev/null -w '%{http_code} %{redirect_url}' "$(request)" | cut -c1-60)"
sign_in first; sign_in second
say "consent page may be framed?" "$(web -b "$work/first" -D - -o /dev/null "$(request)" | tr -d '\r' | grep -iE '^(x-frame-options|content-security-policy)' || echo 'no header')"

echo "== authorization"
say "right request, allowed" "$(authorize first allow | sed 's/code=[^&]*/code=…/')"
say "denied by the member" "$(authorize first deny)"
say "state of 500 characters comes back whole" "$(authorize first allow "state=$(printf 'x%.0s' $(seq 500))" | grep -c "state=x\{500\}" || true)"
say "without state" "$(authorize first allow state= | sed 's/code=[^&]*/code=…/')"
say "state with + & ' \" <" "$(authorize first allow "state=a+b&c'd\"e<f" | sed 's/.*state=\([^&]*\).*/\1/')"
say "aud of another server" "$(authorize first allow aud=https://fhir.other.example/r4 | sed 's/code=[^&]*/code=…/')"
say "without aud" "$(authorize first allow aud= | sed 's/code=[^&]*/code=…/')"
say "without PKCE" "$(authorize first allow code_challenge= code_challenge_method=)"
say "PKCE plain" "$(authorize first allow code_challenge_method=plain "code_challenge=$verifier" | sed 's/code=[^&]*/code=…/')"
say "PKCE without method" "$(authorize first allow code_challenge_method= "code_challenge=$verifier" | sed 's/code=[^&]*/code=…/')"
say "redirect_uri that is not registered" "$(authorize first allow redirect_uri=https://evil.example/)"
say "redirect_uri with a longer path" "$(authorize first allow redirect_uri=$back/more)"
say "client that is not known" "$(authorize first allow client_id=nobody)"
say "response_type=token" "$(authorize first allow response_type=token | sed 's/access_token=[^&]*/access_token=…/')"
say "a scope that is not known" "$(authorize first allow "scope=$scope patient/Observation.read")"
say "POST of the request, without a form of the server" "$(web -b "$work/first" -o /dev/null -w '%{http_code}' -e "$origin/" -d "client_id=$(id confidential)" "$origin/o/authorize/")"

for name in state scope client_id redirect_uri; do
  say "$name twice" "$(web -b "$work/first" -o /dev/null -w '%{http_code} %{redirect_url}' "$(request)&$name=other")"
done
say "a parameter that nobody knows" "$(web -b "$work/first" -o /dev/null -w '%{http_code}' "$(request)&x-unknown=1")"

echo "== code"
given=$(code first allow)
say "exchange" "$(told "$(exchange confidential -d "code=$given" -d "code_verifier=$verifier")")"
say "  members" "$(jq -c 'keys_unsorted' "$work/body")"
say "  token_type, expires_in, patient" "$(answer .token_type), $(answer .expires_in), $(answer .patient)"
say "  scope" "$(answer .scope)"
say "  cache-control, pragma" "$(tr -d '\r' < "$work/headers" | grep -iE '^(cache-control|pragma)' | tr '\n' ' ')"
access=$(answer .access_token); refresh=$(answer .refresh_token); identity=$(answer .id_token)
say "Patient, Coverage, ExplanationOfBenefit with the token" "$(fhir "$access" Patient/carinbb-member-1) $(fhir "$access" Coverage) $(fhir "$access" ExplanationOfBenefit)"
say "the same code again" "$(told "$(exchange confidential -d "code=$given" -d "code_verifier=$verifier")")"
say "  Patient with the token of the first exchange" "$(fhir "$access" Patient/carinbb-member-1)"
say "wrong verifier" "$(told "$(exchange confidential -d "code=$(code first allow)" -d "code_verifier=$(openssl rand -hex 32)")")"
say "no verifier" "$(told "$(exchange confidential -d "code=$(code first allow)")")"
say "empty verifier" "$(told "$(exchange confidential -d "code=$(code first allow)" -d code_verifier=)")"
say "challenge as verifier" "$(told "$(exchange confidential -d "code=$(code first allow)" -d "code_verifier=$challenge")")"
say "made-up code" "$(told "$(exchange confidential -d code=made-up -d "code_verifier=$verifier")")"
say "code of another client" "$(told "$(exchange second -d "code=$(code first allow)" -d "code_verifier=$verifier")")"
say "another redirect_uri" "$(told "$(token confidential -d grant_type=authorization_code -d redirect_uri=https://app.example/other -d "code=$(code first allow)" -d "code_verifier=$verifier")")"
say "no redirect_uri" "$(told "$(token confidential -d grant_type=authorization_code -d "code=$(code first allow)" -d "code_verifier=$verifier")")"
say "code of plain PKCE" "$(told "$(exchange confidential -d "code=$(code first allow code_challenge_method=plain "code_challenge=$verifier")" -d "code_verifier=$verifier")")"
say "token of a request without aud reads" "$(fresh aud=; fhir "$(answer .access_token)" Patient/carinbb-member-1)"
say "token of a request with another aud reads" "$(fresh aud=https://fhir.other.example/r4; fhir "$(answer .access_token)" Patient/carinbb-member-1)"

echo "== client authentication"
say "wrong secret" "$(told "$(web -D "$work/headers" -o "$work/body" -w '%{http_code}' -u "$(id confidential):wrong" -d grant_type=authorization_code -d "redirect_uri=$back" -d "code=$(code first allow)" -d "code_verifier=$verifier" "$origin/o/token/")")"
say "  www-authenticate" "$(tr -d '\r' < "$work/headers" | grep -i '^www-authenticate' || echo none)"
say "no secret, client_id in the body" "$(told "$(exchange nobody -d "client_id=$(id confidential)" -d "code=$(code first allow)" -d "code_verifier=$verifier")")"
say "empty secret" "$(told "$(web -o "$work/body" -w '%{http_code}' -u "$(id confidential):" -d grant_type=authorization_code -d "redirect_uri=$back" -d "code=$(code first allow)" -d "code_verifier=$verifier" "$origin/o/token/")")"
say "secret in the body" "$(told "$(exchange nobody -d "client_id=$(id confidential)" -d "client_secret=$(secret confidential)" -d "code=$(code first allow)" -d "code_verifier=$verifier")")"
say "another client's id in the body beside Basic" "$(told "$(exchange confidential -d "client_id=$(id second)" -d "code=$(code first allow)" -d "code_verifier=$verifier")")"
say "client that is not known" "$(told "$(web -o "$work/body" -w '%{http_code}' -u nobody:nothing -d grant_type=authorization_code -d "redirect_uri=$back" -d code=x "$origin/o/token/")")"
say "public client, right" "$(told "$(exchange nobody -d "client_id=$(id public)" -d "code=$(code first allow "client_id=$(id public)")" -d "code_verifier=$verifier")")"
say "  refresh token for it" "$(answer .refresh_token | sed 's/..*/&/; s/[A-Za-z0-9]\{6,\}/given/')"
say "public client with a secret" "$(told "$(web -o "$work/body" -w '%{http_code}' -u "$(id public):something" -d grant_type=authorization_code -d "redirect_uri=$back" -d "code=$(code first allow "client_id=$(id public)")" -d "code_verifier=$verifier" "$origin/o/token/")")"
say "grant_type that does not exist" "$(told "$(token confidential -d grant_type=telepathy)")"
say "grant_type=client_credentials" "$(told "$(token confidential -d grant_type=client_credentials)")"
say "grant_type=password" "$(told "$(token confidential -d grant_type=password -d username=a -d password=b)")"
say "no grant_type" "$(told "$(token confidential -d code=x)")"

echo "== refresh"
fresh; access=$(answer .access_token); refresh=$(answer .refresh_token)
say "refresh" "$(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=$refresh")")"
say "  members" "$(jq -c 'keys_unsorted' "$work/body")"
say "  scope" "$(answer .scope)"
say "  rotated" "$([ "$(answer .refresh_token)" = "$refresh" ] && echo no || echo yes)"
say "  cache-control, pragma" "$(tr -d '\r' < "$work/headers" | grep -iE '^(cache-control|pragma)' | tr '\n' ' ')"
next=$(answer .refresh_token); newer=$(answer .access_token)
say "  Patient with the new and the old access token" "$(fhir "$newer" Patient/carinbb-member-1) $(fhir "$access" Patient/carinbb-member-1)"
say "the old refresh token again" "$(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=$refresh")")"
say "  the new one after that" "$(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=$next")")"
fresh; refresh=$(answer .refresh_token)
say "by another client" "$(told "$(token second -d grant_type=refresh_token -d "refresh_token=$refresh")")"
say "without a secret" "$(told "$(token nobody -d "client_id=$(id confidential)" -d grant_type=refresh_token -d "refresh_token=$refresh")")"
say "narrower scope" "$(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=$refresh" -d 'scope=launch/patient patient/Patient.read')")"
say "  scope, patient" "$(answer .scope), $(answer .patient)"
refresh=$(answer .refresh_token)
say "wider scope" "$(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=$refresh" --data-urlencode "scope=$scope user/Patient.read")")"
say "made-up token" "$(told "$(token confidential -d grant_type=refresh_token -d refresh_token=made-up)")"
fresh; refresh=$(answer .refresh_token)
say "altered token" "$(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=${refresh%?}~")")"
fresh "scope=${scope/offline_access /}"
say "without offline_access a refresh token comes" "$([ "$(answer .refresh_token)" = - ] && echo no || echo yes)"

echo "== id_token"
fresh; identity=$(answer .id_token)
part() { local text; text=$(cut -d. -f"$1" <<< "$identity" | tr '_-' '/+'); while [ $((${#text} % 4)) -ne 0 ]; do text+="="; done; openssl base64 -d -A <<< "$text"; }
say "header" "$(part 1 | jq -c '.kid|="…"')"
say "claims" "$(part 2 | jq -c '.jti="…"|.at_hash="…"|.iat=(.iat|type)|.exp=(.exp|type)|.auth_time=(.auth_time|type)|.aud=(.aud|sub("-.*";""))')"
say "aud is the client, nonce is ours" "$(part 2 | jq -c --arg a "$(id confidential)" '[.aud==$a, .nonce=="n-1"]')"
say "kid of the key set is that of the token" "$([ "$(web "$origin/o/.well-known/jwks.json" | jq -r '.keys[0].kid')" = "$(part 1 | jq -r .kid)" ] && echo yes || echo no)"
say "userinfo" "$(web -H "authorization: Bearer $(answer .access_token)" "$origin/o/userinfo/" | jq -c keys)"

echo "== access"
fresh; access=$(answer .access_token)
say "another member's Patient, claim, search" "$(fhir "$access" Patient/carinbb-member-2) $(fhir "$access" ExplanationOfBenefit/carinbb-eob-2) $(fhir "$access" 'ExplanationOfBenefit?patient=carinbb-member-2'; jq .total "$work/fhir")"
say "token in the query" "$(web -o /dev/null -w '%{http_code}' "$base/Patient/carinbb-member-1?access_token=$access")"
say "a type that was not granted" "$(fresh 'scope=launch/patient patient/Patient.read'; fhir "$(answer .access_token)" Coverage)"
say "no token, made-up token" "$(web -o /dev/null -w '%{http_code}' "$base/Patient/carinbb-member-1") $(fhir made-up Patient/carinbb-member-1)"

say "a batch at the base" "$(web -o /dev/null -w '%{http_code}' -H "authorization: Bearer $access" -H 'content-type: application/fhir+json' -d '{"resourceType":"Bundle","type":"batch"}' "$base")"
say "Server" "$(web -D - -o /dev/null "$base/Patient/x" | tr -d '\r' | sed -n 's/^[Ss]erver: //p')"

echo "== revocation and introspection"
fresh; access=$(answer .access_token); refresh=$(answer .refresh_token)
say "introspection of an access token, by another client" "$(introspect second "$access" | jq -c 'del(.exp)|.client_id|=(. // "-" | sub("-.*";""))|.username|=(. // "-" | sub("-.*";""))')"
say "  of a refresh token" "$(introspect confidential "$refresh")"
say "  of a made-up token" "$(introspect confidential made-up)"
say "  without credentials" "$(web -o /dev/null -w '%{http_code}' -d "token=$access" "$origin/o/introspect/")"
say "  with a wrong secret" "$(web -o /dev/null -w '%{http_code}' -u "$(id confidential):wrong" -d "token=$access" "$origin/o/introspect/")"
say "revocation by another client" "$(web -o /dev/null -w '%{http_code}' -u "$(id second):$(secret second)" -d "token=$refresh" "$origin/o/revoke_token/")"
say "  Patient after it" "$(fhir "$access" Patient/carinbb-member-1)"
say "revocation of a made-up token" "$(web -o /dev/null -w '%{http_code}' -u "$(id confidential):$(secret confidential)" -d token=made-up "$origin/o/revoke_token/")"
say "revocation without credentials" "$(web -o /dev/null -w '%{http_code}' -d "token=$access" "$origin/o/revoke_token/")"
say "revocation of the access token" "$(web -o /dev/null -w '%{http_code}' -u "$(id confidential):$(secret confidential)" -d "token=$access" -d token_type_hint=access_token "$origin/o/revoke_token/")"
say "  Patient after it, refresh after it" "$(fhir "$access" Patient/carinbb-member-1), $(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=$refresh")")"
fresh; access=$(answer .access_token); refresh=$(answer .refresh_token)
say "revocation of the refresh token" "$(web -o /dev/null -w '%{http_code}' -u "$(id confidential):$(secret confidential)" -d "token=$refresh" -d token_type_hint=refresh_token "$origin/o/revoke_token/")"
say "  Patient after it, refresh after it" "$(fhir "$access" Patient/carinbb-member-1), $(told "$(token confidential -d grant_type=refresh_token -d "refresh_token=$refresh")")"
say "preflight of the token endpoint" "$(web -X OPTIONS -D - -o /dev/null -H 'origin: https://app.example' -H 'access-control-request-method: POST' "$origin/o/token/" | tr -d '\r' | grep -iE '^(HTTP|access-control-allow-origin)' | tr '\n' ' ')"
